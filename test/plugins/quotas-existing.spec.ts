import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { make } from '../support/places.js';
import { startTestServer, type TestServer } from '../support/server.js';

const BUCKET = '/v1/buckets/b';
const RECORDS = `${BUCKET}/collections/c/records`;

const directory = mkdtempSync(join(tmpdir(), 'kumocast-test-'));
let server: TestServer;

/** Starts on the same database, with other settings. */
async function restart(...lines: string[]): Promise<void> {
  await (server as TestServer | undefined)?.close();
  const storage = ['kinto.storage_backend = sqlite', `kinto.storage_url = ${join(directory, 'quotas.sqlite')}`];
  server = await startTestServer({ ini: [...storage, ...lines].join('\n') });
}

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

async function statusOf(path: string, method = 'POST', body: object = {}): Promise<number> {
  return (await server.request(method, path, method === 'DELETE' ? {} : { body: body as never })).status;
}

describe('Quotas that are switched on later', () => {
  it('count what is there already, and let go of it', async () => {
    await restart();
    await make(server, BUCKET, { data: { text: 'x'.repeat(200) } });
    await make(server, `${BUCKET}/collections/c`);
    await make(server, `${BUCKET}/collections/d`);
    for (let n = 0; n < 4; n++) await make(server, `${RECORDS}/r${n}`, { data: { text: 'é'.repeat(10) } });
    await make(server, `${BUCKET}/collections/d/records/r`);

    await restart('kinto.includes = kinto.plugins.quotas', 'kinto.quotas.bucket_max_items = 3');
    // Too full already: what makes it hold less is not refused, nor what leaves it as full as it is.
    expect(await statusOf(RECORDS)).toBe(507);
    expect(await statusOf(`${RECORDS}/r0`, 'PATCH', { data: { n: 1 } })).toBe(200);
    expect(await statusOf(`${RECORDS}/r0`, 'DELETE')).toBe(200);
    expect(await statusOf(RECORDS)).toBe(507);
    expect(await statusOf(`${BUCKET}/collections/d`, 'DELETE')).toBe(200);
    expect(await statusOf(RECORDS)).toBe(507);
    expect(await statusOf(`${RECORDS}/r1`, 'DELETE')).toBe(200);
    expect(await statusOf(RECORDS)).toBe(201);
    expect(await statusOf(RECORDS)).toBe(507);
  });

  it('count the same bytes as if they had always been on', async () => {
    const bucket = await server.request('GET', BUCKET);
    const collection = await server.request('GET', `${BUCKET}/collections/c`);
    const records = await server.request('GET', RECORDS);
    const lengthOf = (text: string) => text.length - '{"data":}'.length;
    // The texts as they come over the wire, without what is around the objects.
    const shown = [bucket, collection].map(({ text }) => text.slice(text.indexOf('"data":') + 7, -1).length);
    const inList = lengthOf(records.text) - '[]'.length - (records.list.length - 1);
    const total = shown.reduce((a, b) => a + b, 0) + inList;

    await restart('kinto.includes = kinto.plugins.quotas', `kinto.quotas.bucket_max_bytes = ${total}`);
    expect(await statusOf(`${RECORDS}/r2`, 'PATCH', { data: { text: 'é'.repeat(11) } })).toBe(507);
    expect(await statusOf(`${RECORDS}/r2`, 'PATCH', { data: { text: 'é'.repeat(10) } })).toBe(200);
    expect(await statusOf(`${RECORDS}/r2`, 'PATCH', { data: { text: '' } })).toBe(200);
    expect(await statusOf(`${RECORDS}/r2`, 'PATCH', { data: { text: 'é'.repeat(10) } })).toBe(200);
    expect(await statusOf(`${RECORDS}/r2`, 'PATCH', { data: { text: 'é'.repeat(11) } })).toBe(507);
  });

  it('keep counting over a restart', async () => {
    await restart('kinto.includes = kinto.plugins.quotas', 'kinto.quotas.bucket_max_items = 4');
    expect(await statusOf(RECORDS)).toBe(201);
    await restart('kinto.includes = kinto.plugins.quotas', 'kinto.quotas.bucket_max_items = 4');
    expect(await statusOf(RECORDS)).toBe(507);
  });
});
