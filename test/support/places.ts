import type { JsonObject } from '../../src/wire/json.js';
import type { Ask, TestServer } from './server.js';

let made = 0;

/** A bucket nobody else has, so that tests can share a server. @returns its path */
export async function makeBucket(server: TestServer, body: JsonObject = {}, ask: Ask = {}): Promise<string> {
  const path = `/v1/buckets/b${(made += 1)}`;
  await make(server, path, body, ask);
  return path;
}

/** A collection in a bucket of its own. @returns its path */
export async function makeCollection(
  server: TestServer,
  body: JsonObject = {},
  bucket: JsonObject = {},
): Promise<string> {
  const path = `${await makeBucket(server, bucket)}/collections/c`;
  await make(server, path, body);
  return path;
}

/** PUTs what the test needs to be there. @throws Error when it is refused */
export async function make(
  server: TestServer,
  path: string,
  body: JsonObject = {},
  ask: Ask = {},
): Promise<JsonObject> {
  const answer = await server.request('PUT', path, { ...ask, body });
  if (answer.status !== 201) throw new Error(`PUT ${path}: ${answer.status} ${answer.text}`);
  return answer.data;
}

/** The URI that changes and permissions know it by. */
export function uriOf(path: string): string {
  return path.slice('/v1'.length);
}
