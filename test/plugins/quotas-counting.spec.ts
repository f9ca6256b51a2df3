import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type Answer, type TestServer } from '../support/server.js';

const BUCKET = '/v1/buckets/b';
const COLLECTION = `${BUCKET}/collections/c`;
const RECORDS = `${COLLECTION}/records`;

/** Three records in the bucket, two in a collection. */
const INI = `
kinto.includes = kinto.plugins.quotas
kinto.quotas.bucket_max_items = 3
kinto.quotas.collection_max_items = 2
`;

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ ini: INI });
  await make(server, BUCKET);
  await make(server, COLLECTION);
});
afterEach(() => server.close());

async function statusOf(path: string): Promise<number> {
  return (await server.request('POST', path, { body: {} })).status;
}

function batch(...requests: { method: string; path: string; body?: object }[]): Promise<Answer> {
  return server.request('POST', '/v1/batch', { body: { requests } as never });
}

describe('Counting for the quotas', () => {
  it('lets exactly as many in as there is room for, however many come at once', async () => {
    const statuses = await Promise.all(Array.from({ length: 30 }, () => statusOf(RECORDS)));
    expect(statuses.filter((status) => status === 201)).toHaveLength(2);
    expect(statuses.filter((status) => status === 507)).toHaveLength(28);
    expect((await server.request('GET', RECORDS)).list).toHaveLength(2);
    await make(server, `${BUCKET}/collections/d`);
    const others = await Promise.all(Array.from({ length: 10 }, () => statusOf(`${BUCKET}/collections/d/records`)));
    expect(others.filter((status) => status === 201)).toHaveLength(1);
  });

  it('gives room back for what is deleted, one by one or all at once', async () => {
    for (const id of ['r', 's']) await make(server, `${RECORDS}/${id}`);
    expect(await statusOf(RECORDS)).toBe(507);
    await server.request('DELETE', `${RECORDS}/r`);
    expect(await statusOf(RECORDS)).toBe(201);
    expect(await statusOf(RECORDS)).toBe(507);
    await server.request('DELETE', RECORDS);
    expect([await statusOf(RECORDS), await statusOf(RECORDS), await statusOf(RECORDS)]).toEqual([201, 201, 507]);
  });

  it('gives room back for the records that go with their collection', async () => {
    for (const id of ['r', 's']) await make(server, `${RECORDS}/${id}`);
    await server.request('DELETE', COLLECTION);
    await make(server, COLLECTION);
    await make(server, `${BUCKET}/collections/d`);
    expect([await statusOf(RECORDS), await statusOf(RECORDS)]).toEqual([201, 201]);
    const other = `${BUCKET}/collections/d/records`;
    expect([await statusOf(other), await statusOf(other)]).toEqual([201, 507]);
  });

  it('begins anew in a bucket that was made again', async () => {
    for (const id of ['r', 's']) await make(server, `${RECORDS}/${id}`);
    await server.request('DELETE', BUCKET);
    await make(server, BUCKET);
    await make(server, COLLECTION);
    expect([await statusOf(RECORDS), await statusOf(RECORDS), await statusOf(RECORDS)]).toEqual([201, 201, 507]);
  });

  it('counts a batch as a whole: what is made again in it, and what is not', async () => {
    for (const id of ['r', 's']) await make(server, `${RECORDS}/${id}`);
    const remade = await batch(
      { method: 'DELETE', path: COLLECTION },
      { method: 'PUT', path: COLLECTION },
      { method: 'PUT', path: `${RECORDS}/t` },
    );
    expect(remade.status).toBe(200);
    expect([await statusOf(RECORDS), await statusOf(RECORDS)]).toEqual([201, 507]);
    await make(server, `${BUCKET}/collections/d`);
    const other = `${BUCKET}/collections/d/records`;
    expect([await statusOf(other), await statusOf(other)]).toEqual([201, 507]);
    const fresh = await batch(
      { method: 'DELETE', path: BUCKET },
      { method: 'PUT', path: BUCKET },
      { method: 'PUT', path: COLLECTION },
      { method: 'PUT', path: `${RECORDS}/t` },
    );
    expect(fresh.status).toBe(200);
    expect([await statusOf(RECORDS), await statusOf(RECORDS)]).toEqual([201, 507]);
  });

  it('refuses a batch that would hold too much, and leaves nothing of it', async () => {
    const requests = ['r', 's', 't'].map((id) => ({ method: 'PUT', path: `${RECORDS}/${id}`, body: {} }));
    await scenario(server, ['POST', '/v1/batch', { body: { requests } }], { status: 507, errno: 121, changes: [] });
    expect((await server.request('GET', RECORDS)).list).toEqual([]);
    expect(await statusOf(RECORDS)).toBe(201);
    // It is what a batch ends with that counts.
    const swapped = await batch(
      { method: 'PUT', path: `${RECORDS}/r` },
      { method: 'PUT', path: `${RECORDS}/s` },
      { method: 'DELETE', path: `${RECORDS}/r` },
    );
    expect(swapped.status).toBe(200);
  });

  it('counts what the default bucket makes by itself, and what is refused there is not made', async () => {
    await server.close();
    const includes = 'kinto.includes = kinto.plugins.default_bucket kinto.plugins.quotas';
    server = await startTestServer({ ini: `${includes}\nkinto.quotas.bucket_max_items = 0` });
    await scenario(server, ['POST', '/v1/buckets/default/collections/c/records', { body: {} }], { status: 507 });
    const hello = await server.request('GET', '/v1/');
    await scenario(server, ['GET', `/v1/buckets/${(hello.json.user as { bucket: string }).bucket}`], { status: 403 });
  });
});
