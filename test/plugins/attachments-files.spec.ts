import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startServer } from '../../src/app.server.js';
import { SettingSource } from '../../src/settings/settings.js';
import { AttachmentServer, formAsk, type Posted } from '../support/attachment-server.js';
import { hasMoto, MotoServer } from '../support/moto-server.js';
import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type Answer, type TestServer } from '../support/server.js';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SECRET = 'a-key-that-nobody-is-told';

let at: AttachmentServer;
const started: AttachmentServer[] = [];

async function start(ini = ''): Promise<TestServer> {
  at = await AttachmentServer.start(ini);
  started.push(at);
  await makePlaces(at.server);
  return at.server;
}
afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

describe('Files served by this server', () => {
  it('are found behind what hello says, by whoever knows their names', async () => {
    const server = await start();
    const { json } = await server.request('GET', '/v1/');
    expect(json.capabilities).toMatchObject({ attachments: { base_url: '/v1/attachments/' } });
    const { location } = await attach(server);
    expect(location).toMatch(new RegExp(`^${UUID}\\.txt$`));
    const answer = await server.request('GET', `/v1/attachments/${location}`, { auth: null });
    expect([answer.status, answer.text]).toEqual([200, 'hello\n']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '6',
      'content-disposition': `inline; filename*=UTF-8''${location}`,
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/) as unknown,
      'x-content-type-options': 'nosniff',
    });
  });

  it('come back byte for byte', async () => {
    const server = await start('attachment.extensions = any');
    const content = new Uint8Array(100_000).map((_, index) => (index * 31) % 256);
    const { location } = await attach(server, { content, filename: 'a.bin' });
    const response = await fetch(`${server.url}/v1/attachments/${location}`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(content);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
  });

  it.each(['page.html', 'picture.svg', 'page.xhtml', 'feed.xml', 'code.js', 'doc.pdf', 'none', 'a.HTML', 'x.svg.html'])(
    'are saved, not shown, where a browser could run them: %s',
    async (filename) => {
      const server = await start('attachment.extensions = any\nattachment.randomize = false');
      const content = '<html><script>alert(document.domain)</script></html>';
      const { location } = await attach(server, { filename, content, type: 'text/html' });
      const { status, headers } = await server.request('GET', `/v1/attachments/${location}`, { auth: null });
      expect([status, headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
      expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    },
  );

  it('are not sent again to whoever has them', async () => {
    const server = await start();
    const path = `/v1/attachments/${(await attach(server)).location}`;
    const etag = (await server.request('GET', path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await scenario(server, ['GET', path, { headers: { 'if-none-match': known } }], { status: 304 });
      expect(answer.text).toBe('');
    }
    await scenario(server, ['GET', path, { headers: { 'if-none-match': '"other"' } }], { status: 200 });
    await scenario(server, ['HEAD', path], { status: 200, headers: { etag } });
    await scenario(server, ['DELETE', path], { status: 405 });
  });

  it.each([
    'nothing.txt',
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    '%2e%2e%2fsecret.txt',
    'x/../../secret.txt',
    '..%5csecret.txt',
    '%2fetc%2fpasswd',
    '/etc/passwd',
    'secret.txt%00.png',
    '.hidden',
    'b',
    '',
  ])('are those of the folder and no others: %s', async (path) => {
    const server = await start('attachment.folder = b');
    await attach(server);
    const secret = join(at.root, 'secret.txt');
    writeFileSync(join(at.directory, '.hidden'), 'secret');
    writeFileSync(secret, 'secret');
    const answer = await server.requestExactly('GET', `/v1/attachments/${path}`, { auth: null });
    expect(answer.text).not.toContain('secret');
    expect([307, 400, 404]).toContain(answer.status);
  });

  it.each([
    ['attachment.base_url = https://cdn.example/', 404],
    ['attachment.serve = false', 404],
    ['attachment.base_url = https://cdn.example/\nattachment.serve = true', 200],
  ])('are served or not as the settings say: %j', async (ini, status) => {
    const server = await start(ini);
    const { location } = await attach(server);
    const name = String(location).split('/').at(-1);
    expect((await server.request('GET', `/v1/attachments/${name}`, { auth: null })).status).toBe(status);
  });
});

describe('The settings of attachments', () => {
  it('name folders, and files by a pattern', async () => {
    const server = await start(`
attachment.folder = /files/{bucket_id}/{collection_id}/
attachment.randomize = false
attachment.filename_pattern = {datetime}-{rid}-{filename}`);
    const { location, filename } = await attach(server, { filename: 'Ünï cödé (1).TXT' });
    expect(location).toMatch(/^files\/b\/c\/\d{14}-r-Uni_code_1\.TXT$/);
    expect(filename).toBe('Ünï cödé (1).TXT');
    expect(at.files).toEqual([location]);
  });

  it.each([
    ['../../etc/passwd.txt', 'passwd.txt'],
    ['C:\\evil\\a.txt', 'a.txt'],
    ['.htaccess.txt', 'htaccess.txt'],
    ['日本.txt', 'file.txt'],
    ['a.b.txt', 'a.b.txt'],
    ['x'.repeat(5000) + '.txt', 'x'.repeat(200) + '.txt'],
  ])('keep what a client calls its file out of the path: %s', async (filename, expected) => {
    const server = await start('attachment.randomize = false');
    expect((await attach(server, { filename })).location).toBe(expected);
    expect(at.files).toEqual([expected]);
  });

  it('keep files compressed, and tell of the original', async () => {
    const server = await start('attachment.gzipped = true');
    const attachment = await attach(server);
    expect(attachment).toMatchObject({
      filename: 'hello.txt.gz',
      location: expect.stringMatching(/\.gz$/) as unknown,
      mimetype: 'application/x-gzip',
      original: {
        filename: 'hello.txt',
        hash: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
        mimetype: 'text/plain',
        size: 6,
      },
    });
    const response = await fetch(`${server.url}/v1/attachments/${attachment.location}`);
    const content = Buffer.from(await response.arrayBuffer());
    expect([gunzipSync(content).toString(), content.length]).toEqual(['hello\n', attachment.size]);
    const refused = await post(server, { filename: 'virus.exe' });
    expect(refused.status).toBe(400);
  });

  it('say what is taken, by groups and by extensions', async () => {
    const server = await start('attachment.extensions = video+ftl Db');
    for (const [filename, status] of Object.entries({ 'a.mp4': 201, 'a.FTL': 200, 'a.db': 200, 'a.txt': 400 })) {
      expect([filename, (await post(server, { filename })).status]).toEqual([filename, status]);
    }
  });

  it('give files their media types, and none that is none', async () => {
    const server = await start(
      'attachment.extensions = any\nattachment.mimetypes = .ftl:application/vnd.fluent;.db:x/db',
    );
    const types = { 'a.ftl': 'application/vnd.fluent', 'a.pem': 'application/x-pem-file', 'a.txt': 'text/odd' };
    for (const [filename, mimetype] of Object.entries(types)) {
      expect(await attach(server, { filename, type: 'text/odd' })).toMatchObject({ filename, mimetype });
    }
    expect(await attach(server, { filename: 'a.txt', type: 'text' })).toMatchObject({
      mimetype: 'application/octet-stream',
    });
  });

  it('limit the size', async () => {
    const server = await start('attachment.max_size_bytes = 10');
    expect((await post(server, { content: '0123456789' })).status).toBe(201);
    const { status, json } = await post(server, { content: '0123456789a' });
    expect([status, json.message]).toEqual([400, 'body: File size (11 bytes) exceeds the limit (10 bytes).']);
    await at.untilFiles(1);
  });

  it('keep old files', async () => {
    const server = await start('attachment.keep_old_files = true');
    await attach(server);
    await attach(server);
    await server.request('DELETE', '/v1/buckets/b/collections/c/records/r/attachment');
    await attach(server);
    await server.request('DELETE', '/v1/buckets/b');
    await server.request('GET', '/v1/__heartbeat__');
    expect(at.files).toHaveLength(3);
  });

  it('may be others for a bucket, and others again for a collection', async () => {
    const server = await start(`
attachment.keep_old_files = true
attachment.resources.b.randomize = false
attachment.resources.b.folder = own
attachment.resources.b.c.keep_old_files = false
attachment.resources.b.c.max_size_bytes = 3`);
    expect((await post(server)).status).toBe(400);
    expect(await attach(server, { content: 'abc' })).toMatchObject({ location: 'own/hello.txt' });
    await make(server, '/v1/buckets/b/collections/d');
    await make(server, '/v1/buckets/e');
    await make(server, '/v1/buckets/e/collections/c');
    const other = await server.request('POST', '/v1/buckets/b/collections/d/records/r/attachment', await formAsk());
    expect(other.json).toMatchObject({ location: 'own/hello-1.txt' });
    const third = await server.request('POST', '/v1/buckets/e/collections/c/records/r/attachment', await formAsk());
    expect(third.json.location).toMatch(new RegExp(`^${UUID}\\.txt$`));
    for (const bucket of ['b', 'e']) await server.request('DELETE', `/v1/buckets/${bucket}`);
    await at.untilFiles(2);
    expect(at.files).not.toContain('own/hello.txt');
  });

  it.each([
    ['', 'attachment.base_path'],
    ['attachment.aws.bucket_name = b', 'attachment.aws.access_key'],
    ['attachment.base_path = /tmp/x\nattachment.folder = {user}', 'attachment.folder'],
    ['attachment.base_path = /tmp/x\nattachment.folder = a/../../b', 'attachment.folder'],
    ['attachment.base_path = /tmp/x\nattachment.filename_pattern = a/{filename}', 'attachment.filename_pattern'],
    ['attachment.base_path = /tmp/x\nattachment.mimetypes = ftl', 'attachment.mimetypes'],
    ['attachment.base_path = /tmp/x\nattachment.max_size_bytes = -1', 'attachment.max_size_bytes'],
    ['attachment.base_path = /tmp/x\nattachment.resources.b.c.d.randomize = true', 'attachment.resources.b.c.d'],
    ['attachment.base_path = /tmp/x\nattachment.resources.b.randomize = maybe', 'attachment.resources.b.randomize'],
  ])('keep the server from starting when they cannot be meant: %j', async (ini, key) => {
    const text = `[app:main]\nkinto.storage_backend = memory\nkinto.includes = kinto_attachment\n${ini}`;
    await expect(startServer(SettingSource.fromText(text), { port: 0 })).rejects.toThrow(key);
  });
});

describe('A store that fails', () => {
  it('is told as 503, by the heartbeat too, and no record says that there is a file', async () => {
    const server = await start('attachment.folder = blocked');
    mkdirSync(at.directory);
    writeFileSync(join(at.directory, 'blocked'), '');
    writeFileSync(join(at.directory, 'heartbeat-test'), '');
    await scenario(server, ['POST', '/v1/buckets/b/collections/c/records/r/attachment', await formAsk()], {
      status: 503,
      errno: 201,
    });
    await scenario(server, ['GET', '/v1/buckets/b/collections/c/records/r'], { status: 404 });
    await scenario(server, ['GET', '/v1/__heartbeat__'], { status: 503, body: { attachments: false } });
  });
});

(hasMoto ? describe : describe.skip)('Attachments in S3 [needs moto]', () => {
  it('are put there, replaced there and removed there', async () => {
    const moto = await MotoServer.start();
    await moto.makeBucket('files');
    const server = await startTestServer({
      ini: `
kinto.includes = kinto_attachment
attachment.base_url = ${moto.url}/files
attachment.folder = {bucket_id}
attachment.aws.bucket_name = files
attachment.aws.access_key = key
attachment.aws.secret_key = ${SECRET}
attachment.aws.endpoint = ${moto.url}`,
    });
    try {
      await makePlaces(server);
      const first = await attach(server);
      const second = await attach(server, { content: 'other' });
      expect(await (await fetch(String(second.location))).text()).toBe('other');
      await untilGone(String(first.location));
      await scenario(server, ['GET', '/v1/__heartbeat__'], { status: 200, body: { attachments: true } });
      await server.request('DELETE', '/v1/buckets/b');
      await untilGone(String(second.location));
    } finally {
      await server.close();
      await moto.stop();
    }
  }, 150_000);
});

async function makePlaces(server: TestServer): Promise<void> {
  await make(server, '/v1/buckets/b');
  await make(server, '/v1/buckets/b/collections/c');
}

async function post(server: TestServer, posted: Posted = {}): Promise<Answer> {
  return server.request('POST', '/v1/buckets/b/collections/c/records/r/attachment', await formAsk(posted));
}

async function attach(server: TestServer, posted: Posted = {}) {
  const answer = await post(server, posted);
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json as { location: string; filename: string; size: number };
}

/** Files are removed after the answer. */
async function untilGone(url: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while ((await fetch(url)).status !== 404 && Date.now() < deadline);
  expect((await fetch(url)).status).toBe(404);
}
