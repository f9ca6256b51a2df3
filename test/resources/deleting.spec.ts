import { setTimeout } from 'node:timers/promises';
import { make, makeBucket, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

let server: TestServer;
let records: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  records = `${await makeCollection(server)}/records`;
});
afterAll(() => server.close());

describe('DELETE of an object', () => {
  it('leaves a tombstone, and announces what was there', async () => {
    const before = await make(server, `${records}/r`, { data: { n: 1 } });
    await server.newLogged();
    const answer = await server.request('DELETE', `${records}/r`);
    expect(answer.json).toEqual({ data: { id: 'r', last_modified: answer.etag, deleted: true } });
    const logged = await server.newLogged();
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ action: 'delete', objectId: 'r' });
    expect(JSON.parse(logged[0]!.newText)).toEqual(answer.data);
    expect(JSON.parse(logged[0]!.oldText!)).toEqual(before);
  });

  it('finds nothing the second time', async () => {
    await make(server, `${records}/r`);
    await server.request('DELETE', `${records}/r`);
    const missing = { status: 404, errno: 110, body: { details: { id: 'r', resource_name: 'record' } } };
    const answer = await scenario(server, ['DELETE', `${records}/r`], missing);
    expect(answer.json).not.toHaveProperty('message');
    await scenario(server, ['GET', `${records}/r`], missing);
  });

  it('takes the client’s timestamp if it is after the object’s own', async () => {
    const { last_modified: own } = await make(server, `${records}/r`);
    const later = Number(own) + 5000;
    await scenario(server, ['DELETE', `${records}/r?last_modified="${later}"`], {
      status: 200,
      body: { data: { last_modified: later } },
      changes: [`delete ${uriOf(records)} r`],
    });
    await make(server, `${records}/s`);
    const answer = await server.request('DELETE', `${records}/s?last_modified=1`);
    expect(answer.lastModified).toBeGreaterThan(later);
  });

  it.each(['abc', '-1', '1.5', '"1', '1e3', '99999999999999999999'])('refuses the timestamp %s', async (text) => {
    await make(server, `${records}/r`);
    const path = `${records}/r?last_modified=${encodeURIComponent(text)}`;
    await scenario(server, ['DELETE', path], { status: 400, errno: 107, changes: [] });
  });

  it('drops who might do what with it', async () => {
    await make(server, `${records}/r`, { permissions: { write: [USER_IDS.bob] } });
    await server.request('DELETE', `${records}/r`);
    await make(server, `${records}/r`);
    await scenario(server, ['GET', `${records}/r`, { auth: 'bob' }], { status: 403 });
  });
});

describe('A tombstone', () => {
  it('is seen only by who asks for what has changed', async () => {
    await make(server, `${records}/kept`);
    const { last_modified: since } = await make(server, `${records}/r`, { data: { n: 1 } });
    const { data: tombstone } = await server.request('DELETE', `${records}/r`);
    expect((await server.request('GET', records)).ids).toEqual(['kept']);
    const changed = await server.request('GET', `${records}?_since=${since as number}`);
    expect(changed.list).toEqual([tombstone]);
    const counted = await server.request('HEAD', `${records}?_since=0`);
    expect(counted.headers.get('total-records')).toBe('1');
  });

  it('gives way to a new object, which is a creation', async () => {
    await make(server, `${records}/r`, { data: { n: 1 } });
    await server.request('DELETE', `${records}/r`);
    const headers = { 'if-none-match': '*' };
    await scenario(server, ['PUT', `${records}/r`, { headers, body: {} }], {
      status: 201,
      changes: [`create ${uriOf(records)} r`],
    });
    expect((await server.request('GET', `${records}?_since=0`)).list).toHaveLength(1);
  });
});

describe('DELETE of a list', () => {
  it('deletes what the filters select, and announces it as one change', async () => {
    for (const [id, n] of [
      ['a', 1],
      ['b', 2],
      ['c', 2],
    ] as const)
      await make(server, `${records}/${id}`, { data: { n } });
    const answer = await scenario(server, ['DELETE', `${records}?n=2&_sort=id`], {
      status: 200,
      changes: [`delete ${uriOf(records)} b c`],
    });
    expect(answer.list.map(({ id, deleted }) => [id, deleted])).toEqual([
      ['b', true],
      ['c', true],
    ]);
    expect(answer.etag).toBe(Math.max(...answer.list.map(({ last_modified }) => Number(last_modified))));
    expect((await server.request('GET', records)).ids).toEqual(['a']);
  });

  it('deletes each page once, with tokens that are used up', async () => {
    for (const id of ['a', 'b', 'c']) await make(server, `${records}/${id}`);
    const first = await server.request('DELETE', `${records}?_limit=2&_sort=id`);
    const next = new URL(first.headers.get('next-page')!);
    const again = next.pathname + next.search;
    await scenario(server, ['DELETE', again], { status: 200, changes: [`delete ${uriOf(records)} c`] });
    await scenario(server, ['DELETE', again], {
      status: 400,
      body: { message: 'querystring: _token was already used or has expired.' },
    });
  });

  it('uses a token up once, also when its unit of work has to run again', async () => {
    for (const id of ['a', 'b', 'c']) await make(server, `${records}/${id}`);
    const first = await server.request('DELETE', `${records}?_limit=2&_sort=id`);
    const next = new URL(first.headers.get('next-page')!);
    // While this one runs, the two that follow gather in one group.
    const before = server.storage.write(() => setTimeout(200));
    const deleting = server.request('DELETE', next.pathname + next.search);
    await setTimeout(100);
    const failing = server.storage.write(async ({ sql }) => {
      await sql.run(`INSERT INTO metadata (name, value) VALUES ('x', '1')`);
      throw new Error('refused');
    });
    const [, answer] = await Promise.all([before, deleting, expect(failing).rejects.toThrow('refused')]);
    expect(answer.json).toMatchObject({ data: [{ id: 'c', deleted: true }] });
    expect((await server.request('GET', records)).json).toEqual({ data: [] });
  });

  it('of nothing changes nothing, not even the list’s timestamp', async () => {
    const before = await server.request('GET', records);
    const answer = await scenario(server, ['DELETE', records], { status: 200, changes: [] });
    expect(answer.json).toEqual({ data: [] });
    expect(answer.etag).toBe(before.etag);
  });
});

describe('Deleting a parent', () => {
  it('takes everything below with it, and announces itself alone', async () => {
    const bucket = await makeBucket(server);
    const ofBucket = `${bucket}/collections/c/records`;
    await make(server, `${bucket}/collections/c`);
    await make(server, `${ofBucket}/r`, { permissions: { write: [USER_IDS.bob] } });
    await server.request('DELETE', `${ofBucket}/r`);
    await make(server, `${ofBucket}/s`, { permissions: { write: [USER_IDS.bob] } });
    const { etag } = await server.request('GET', ofBucket);
    await scenario(server, ['DELETE', `${bucket}/collections/c`], {
      status: 200,
      changes: [`delete ${uriOf(bucket)}/collections c`],
    });
    await scenario(server, ['GET', `${ofBucket}/s`, { auth: 'bob' }], { status: 403 });
    await make(server, `${bucket}/collections/c`);
    const fresh = await server.request('GET', `${ofBucket}?_since=0`);
    expect(fresh.list).toEqual([]);
    expect(fresh.etag).toBeGreaterThanOrEqual(etag);
  });

  it('never reaches a neighbour whose name only looks alike', async () => {
    const mine = await makeBucket(server);
    const name = mine.slice('/v1/buckets/'.length);
    for (const id of [`${name}_x`, `${name}Xx`, `${name}_x-more`]) {
      await make(server, `/v1/buckets/${id}`);
      await make(server, `/v1/buckets/${id}/collections/c`, { permissions: { read: [USER_IDS.bob] } });
      await make(server, `/v1/buckets/${id}/collections/c/records/r`);
    }
    await scenario(server, ['DELETE', `/v1/buckets/${name}_x`], {
      status: 200,
      changes: [`delete /buckets ${name}_x`],
    });
    for (const id of [`${name}Xx`, `${name}_x-more`]) {
      const ask = { auth: 'bob' } as const;
      await scenario(server, ['GET', `/v1/buckets/${id}/collections/c/records/r`, ask], { status: 200 });
    }
  });

  it('ends the groups of a bucket for good', async () => {
    const bucket = await makeBucket(server);
    const group = `${uriOf(bucket)}/groups/g`;
    await make(server, `${bucket}/groups/g`, { data: { members: [USER_IDS.bob] } });
    await server.request('DELETE', bucket);
    await make(server, bucket, { permissions: { read: [group] } });
    await scenario(server, ['GET', bucket, { auth: 'bob' }], { status: 403 });
  });
});
