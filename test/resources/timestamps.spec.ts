import type { JsonValue } from '../../src/wire/json.js';
import { make, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let records: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  records = `${await makeCollection(server)}/records`;
});
afterAll(() => server.close());

describe('The timestamps of a list', () => {
  it('are given when it is first asked for, and stay while nobody writes', async () => {
    const first = await server.request('GET', records);
    expect(Math.abs(first.etag - Date.now())).toBeLessThan(60_000);
    const second = await server.request('HEAD', `${records}?n=1`);
    expect(second.etag).toBe(first.etag);
  });

  it('are all different and rise, however many write at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => server.request('POST', records, { body: { data: { n } } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 201));
    const timestamps = answers.map(({ lastModified }) => lastModified);
    expect(new Set(timestamps).size).toBe(200);
    const list = await server.request('GET', `${records}?_sort=last_modified`);
    expect(list.list.map(({ last_modified }) => last_modified)).toEqual([...timestamps].sort((a, b) => a - b));
    expect(list.etag).toBe(Math.max(...timestamps));

    // The log has them in the very order of the timestamps, since that is the order of the commits.
    const logged = (await server.newLogged()).filter(({ list: { parentId } }) =>
      uriOf(records).startsWith(`${parentId}/r`),
    );
    const told = logged
      .filter(({ list: { resourceName } }) => resourceName === 'record')
      .map(({ timestamp }) => timestamp);
    expect(told).toEqual([...timestamps].sort((a, b) => a - b));
  });

  it('are each list’s own', async () => {
    await make(server, `${records}/r`, { data: { last_modified: Date.now() + 3_600_000 } });
    const other = `${await makeCollection(server)}/records`;
    expect((await server.request('GET', other)).etag).toBeLessThan(Date.now() + 60_000);
  });
});

describe('A timestamp that the client suggests', () => {
  it('is used when it is in the future, and counts for the list', async () => {
    const future = Date.now() + 10_000;
    const answer = await server.request('PUT', `${records}/r`, { body: { data: { last_modified: future } } });
    expect(answer.etag).toBe(future);
    expect((await server.request('GET', records)).etag).toBe(future);
    const next = await server.request('POST', records);
    expect(next.etag).toBe(future + 1);
  });

  it.each([0, -5, 42])('is used on creation even when it is %d, and the list stays', async (past) => {
    const { etag: before } = await server.request('PUT', `${records}/now`);
    const answer = await scenario(server, ['PUT', `${records}/old`, { body: { data: { last_modified: past } } }], {
      status: 201,
      changes: [`create ${uriOf(records)} old`],
    });
    expect(answer.lastModified).toBe(past);
    expect((await server.request('GET', records)).etag).toBe(before);
  });

  it('is ignored on an update unless it is after the object’s own', async () => {
    const { last_modified: own } = await make(server, `${records}/r`);
    const answer = await server.request('PUT', `${records}/r`, { body: { data: { last_modified: Number(own) - 10 } } });
    expect(answer.lastModified).toBeGreaterThan(Number(own));
  });

  it.each<JsonValue>(['1234567890123', 1.5, null, [], {}])('is ignored when it is %j', async (suggested) => {
    const answer = await server.request('PUT', `${records}/r`, { body: { data: { last_modified: suggested } } });
    expect(answer.status).toBe(201);
    expect(Math.abs(answer.lastModified - Date.now())).toBeLessThan(60_000);
  });

  it.each(['true', '9007199254740991', '9223372036854775808', '1e300'])(
    'is refused when no database can keep it: %s',
    async (suggested) => {
      const raw = `{"data":{"last_modified":${suggested}}}`;
      await scenario(server, ['PUT', `${records}/r`, { raw }], { status: 400, errno: 107, changes: [] });
    },
  );

  it('cannot be that of another object of the list', async () => {
    await make(server, `${records}/a`, { data: { last_modified: 1000 } });
    await make(server, `${records}/now`);
    await scenario(server, ['PUT', `${records}/b`, { body: { data: { last_modified: 1000 } } }], {
      status: 409,
      errno: 122,
      body: { message: 'Integrity constraint violated, please retry.' },
      headers: { 'retry-after': '3' },
      changes: [],
    });
  });
});
