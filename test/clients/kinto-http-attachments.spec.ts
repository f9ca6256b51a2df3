import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { basicAuth, startTestServer, type TestServer } from '../support/server.js';
import { KintoClient } from './published.js';

/* kinto-http.js, as it is published, with files. */

const TEXT = 'What a file holds: é';
const DATA_URI = `data:text/plain;name=note.txt;base64,${Buffer.from(TEXT).toString('base64')}`;

let directory: string;
let server: TestServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kumocast-clients-'));
  server = await startTestServer({
    ini: `kinto.includes = kinto_attachment\nkinto.attachment.base_path = ${directory}`,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

describe('kinto-http.js with attachments', () => {
  it('adds a file to a record, reads it back, and removes it', async () => {
    const client = new KintoClient(`${server.url}/v1`, { headers: { Authorization: basicAuth('mat') } });
    await client.createBucket('files');
    await client.bucket('files').createCollection('notes');
    const notes = client.bucket('files').collection('notes');

    await notes.addAttachment(DATA_URI, { id: 'one', title: 'A note' });
    const record = (await server.request('GET', '/v1/buckets/files/collections/notes/records/one')).data;
    expect(record).toMatchObject({
      title: 'A note',
      attachment: { filename: 'note.txt', mimetype: 'text/plain', size: Buffer.byteLength(TEXT) },
    });
    const { location } = record.attachment as { location: string };
    const { attachments } = (await client.fetchServerCapabilities()) as unknown as {
      attachments: { base_url: string };
    };
    const url = new URL(attachments.base_url + location, server.url).href;
    expect(await (await fetch(url)).text()).toBe(TEXT);

    await notes.removeAttachment('one');
    const left = (await server.request('GET', '/v1/buckets/files/collections/notes/records/one')).data;
    expect(left.attachment ?? null).toBeNull();
    expect((await fetch(url)).status).toBe(404);
  });
});
