import type { JsonObject } from '../../src/wire/json.js';
import type { Answer, Ask, TestServer } from './server.js';

/** One request, and everything that must come of it. */
export interface Expected {
  readonly status: number;
  readonly errno?: number;
  /** What the body has, besides whatever else. */
  readonly body?: JsonObject;
  /** Names in lower case; `null`: there is none. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Exactly what is told to listeners, in this order: `create /buckets/b/collections/c/records r1`. */
  readonly changes?: readonly string[];
}

/** Sends the request and states its outcome: status, body, headers, the changes announced, and no others. */
export async function scenario(
  server: TestServer,
  [method, path, ask]: readonly [method: string, path: string, ask?: Ask],
  { status, errno, body, headers = {}, changes = [] }: Expected,
): Promise<Answer> {
  // Whatever earlier requests of the test have announced is theirs.
  await server.newLogged();
  const answer = await server.request(method, path, ask);
  const told = await server.newChanges();
  const seen = { request: `${method} ${path}`, status: answer.status, body: answer.text.slice(0, 2000) };
  expect(seen).toMatchObject({ status });
  if (errno !== undefined) expect(answer.json).toMatchObject({ code: status, errno });
  if (body !== undefined) expect(answer.json).toMatchObject(body);
  for (const [name, value] of Object.entries(headers)) expect([name, answer.headers.get(name)]).toEqual([name, value]);
  expect(told).toEqual(changes);
  return answer;
}
