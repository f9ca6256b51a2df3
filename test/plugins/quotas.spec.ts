import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const BUCKET = '/v1/buckets/b';
const COLLECTION = `${BUCKET}/collections/c`;
const RECORDS = `${COLLECTION}/records`;
const INI = 'kinto.includes = kinto.plugins.quotas';

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${INI}\n${ini}` });
}

afterEach(() => server.close());

/** The compact JSON of these objects as Kinto counts it. */
function bytesOf(...objects: object[]): number {
  return objects.map((object) => JSON.stringify(object).length).reduce((a, b) => a + b, 0);
}

/** Fills the bucket with itself, one collection and one record. @returns the bytes of all three */
async function fill(): Promise<number> {
  const bucket = await make(server, BUCKET);
  const collection = await make(server, COLLECTION);
  const record = await make(server, `${RECORDS}/r`, { data: { foo: 42 } });
  return bytesOf(bucket, collection, record);
}

function refused(message: RegExp) {
  return { code: 507, errno: 121, error: 'Insufficient Storage', message: expect.stringMatching(message) as string };
}

describe('Quotas', () => {
  it('are a capability, and without limits they refuse nothing', async () => {
    await start();
    const hello = await server.request('GET', '/v1/');
    expect(hello.json.capabilities).toMatchObject({
      quotas: { description: 'Quotas Management on buckets and collections.', url: 'https://kinto.readthedocs.io' },
    });
    await fill();
  });

  it('are not there unless they are included', async () => {
    server = await startTestServer();
    const hello = await server.request('GET', '/v1/');
    expect(hello.json.capabilities).not.toHaveProperty('quotas');
  });

  it.each([
    'kinto.quotas.bucket_max_bytes = 150',
    'kinto.quotas.bucket_b_max_bytes = 150',
    'kinto.quotas.bucket_max_bytes = 1\nkinto.quotas.bucket_b_max_bytes = 150',
  ])('bound the bytes of a bucket: %j', async (ini) => {
    await start(ini);
    const bytes = await fill();
    const refusal = { status: 507, errno: 121, changes: [] };
    const body = refused(/^Bucket maximum total size exceeded \(\d+ > 150 Bytes\)\.$/);
    const long = { data: { foo: 42, bar: 'This is a very long string, longer than what is left.' } };
    await scenario(server, ['POST', RECORDS, { body: long }], { ...refusal, body });
    await scenario(server, ['PATCH', `${RECORDS}/r`, { body: long }], { ...refusal, body });
    await scenario(server, ['PATCH', COLLECTION, { body: long }], { ...refusal, body });
    await scenario(server, ['PATCH', BUCKET, { body: long }], { ...refusal, body });
    await scenario(
      server,
      ['PUT', `${BUCKET}/groups/g`, { body: { data: { members: ['elle', 'x'.repeat(50)] } } }],
      refusal,
    );
    await scenario(server, ['POST', `${BUCKET}/collections`, { body: long }], { ...refusal, body });
    expect((await server.request('GET', RECORDS)).ids).toEqual(['r']);
    expect((await server.request('GET', `${BUCKET}/groups`)).ids).toEqual([]);
    expect((await server.request('GET', `${BUCKET}/collections`)).ids).toEqual(['c']);
    expect(bytes).toBeLessThan(150);
  });

  it('bound the bytes exactly: the last byte that fits is taken, the next one is not', async () => {
    await start('kinto.quotas.bucket_max_bytes = 400');
    const left = 400 - (await fill());
    const shell = bytesOf({ id: 's', last_modified: 1_700_000_000_000, t: '' });
    const put = (length: number, changes: string[], status: number) => {
      const body = { data: { t: 'x'.repeat(length) } };
      return scenario(server, ['PUT', `${RECORDS}/s`, { body }], { status, changes });
    };
    await put(left - shell + 1, [], 507);
    await put(left - shell, ['create /buckets/b/collections/c/records s'], 201);
    await put(left - shell + 1, [], 507);
    // Outside ASCII each character counts as it is written on the wire: six bytes.
    await scenario(server, ['PUT', `${RECORDS}/s`, { body: { data: { t: 'é'.repeat(left - shell) } } }], {
      status: 507,
    });
  });

  it.each(['kinto.quotas.bucket_max_items = 1', 'kinto.quotas.bucket_b_max_items = 1'])(
    'bound the records of a bucket, and nothing else in it: %s',
    async (ini) => {
      await start(ini);
      await fill();
      await make(server, `${BUCKET}/groups/g`, { data: { members: [] } });
      await make(server, `${BUCKET}/collections/d`);
      await scenario(server, ['POST', `${BUCKET}/collections/d/records`, { body: {} }], {
        status: 507,
        body: refused(/^Bucket maximum number of objects exceeded \(2 > 1 objects\)\.$/),
      });
      await scenario(server, ['PATCH', `${RECORDS}/r`, { body: { data: { n: 1 } } }], {
        status: 200,
        changes: ['update /buckets/b/collections/c/records r'],
      });
    },
  );

  it.each([
    'kinto.quotas.collection_max_bytes = 100',
    'kinto.quotas.collection_b_max_bytes = 100',
    'kinto.quotas.collection_b_c_max_bytes = 100',
    'kinto.quotas.collection_max_bytes = 1\nkinto.quotas.collection_b_c_max_bytes = 100',
  ])('bound the bytes of a collection: %j', async (ini) => {
    await start(ini);
    await fill();
    await scenario(server, ['POST', RECORDS, { body: { data: { foo: 42 } } }], {
      status: 507,
      body: refused(/^Collection maximum size exceeded \(\d+ > 100 Bytes\)\.$/),
    });
    await scenario(server, ['PATCH', `${RECORDS}/r`, { body: { data: { bar: 'x'.repeat(40) } } }], { status: 507 });
    await scenario(server, ['PATCH', BUCKET, { body: { data: { bar: 'x'.repeat(400) } } }], {
      status: 200,
      changes: ['update /buckets b'],
    });
  });

  it.each([
    'kinto.quotas.collection_max_items = 1',
    'kinto.quotas.collection_b_max_items = 1',
    'kinto.quotas.collection_b_c_max_items = 1',
  ])('bound the records of a collection: %s', async (ini) => {
    await start(ini);
    await fill();
    await scenario(server, ['POST', RECORDS, { body: {} }], {
      status: 507,
      body: refused(/^Collection maximum number of objects exceeded \(2 > 1 objects\)\.$/),
    });
    await scenario(server, ['DELETE', `${RECORDS}/r`], {
      status: 200,
      changes: ['delete /buckets/b/collections/c/records r'],
    });
    await make(server, `${RECORDS}/s`);
  });

  it.each([
    'kinto.quotas.bucket_max_bytes_per_item = 80',
    'kinto.quotas.bucket_b_max_bytes_per_item = 80',
    'kinto.quotas.collection_max_bytes_per_item = 80',
    'kinto.quotas.collection_b_max_bytes_per_item = 80',
    'kinto.quotas.collection_b_c_max_bytes_per_item = 80',
    'kinto.quotas.bucket_max_bytes_per_item = 1000\nkinto.quotas.collection_max_bytes_per_item = 80',
  ])('bound each object: %j', async (ini) => {
    await start(ini);
    await fill();
    const body = { data: { bar: 'x'.repeat(80) } };
    const expected = { status: 507, body: refused(/^Maximum bytes per object exceeded \(\d+ > 80 Bytes\)\.$/) };
    await scenario(server, ['POST', RECORDS, { body }], expected);
    await scenario(server, ['PATCH', `${RECORDS}/r`, { body }], expected);
    await scenario(server, ['PATCH', COLLECTION, { body }], expected);
  });

  it('of one bucket or collection are nobody else’s', async () => {
    await start('kinto.quotas.bucket_other_max_items = 0\nkinto.quotas.collection_b_other_max_items = 0');
    await fill();
    await make(server, `${BUCKET}/collections/other`);
    await scenario(server, ['POST', `${BUCKET}/collections/other/records`, { body: {} }], { status: 507 });
    await make(server, `${RECORDS}/s`);
  });

  it('that are no numbers stop the start', async () => {
    server = await startTestServer();
    for (const key of ['bucket_max_bytes', 'bucket_b_max_items', 'collection_b_c_max_bytes_per_item']) {
      await expect(startTestServer({ ini: `${INI}\nkinto.quotas.${key} = many` })).rejects.toThrow(`quotas.${key}`);
      await expect(startTestServer({ ini: `${INI}\nkinto.quotas.${key} = -1` })).rejects.toThrow(`quotas.${key}`);
    }
  });
});
