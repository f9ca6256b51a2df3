import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttachmentStore } from '../../src/plugins/attachments/attachment-store.js';
import { S3Settings } from '../../src/plugins/attachments/attachments.settings.js';
import { LocalStore } from '../../src/plugins/attachments/local-store.js';
import { S3Store } from '../../src/plugins/attachments/s3-store.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { attachmentStoreContract } from '../contracts/attachment-store.contract.js';
import { hasMoto, MotoServer } from '../support/moto-server.js';

const SECRET = 'a-key-that-nobody-is-told';

describe('The attachment store contract on a directory', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kumocast-test-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  attachmentStoreContract(async () => new LocalStore(join(directory, 'made', 'when needed')));

  it('leaves nothing half written behind', async () => {
    const store: AttachmentStore = new LocalStore(directory);
    await store.save('f/a.txt', Buffer.from('x'), 'text/plain');
    expect(readdirSync(join(directory, 'f'))).toEqual(['a.txt']);
    writeFileSync(join(directory, 'blocked'), '');
    await expect(store.save('blocked/a.txt', Buffer.from('x'), 'text/plain')).rejects.toMatchObject({
      code: expect.stringMatching(/ENOTDIR|EEXIST/) as unknown,
    });
    expect(readdirSync(directory).sort()).toEqual(['blocked', 'f']);
  });

  it('finds no directory and nothing below a file', async () => {
    const store: AttachmentStore = new LocalStore(directory);
    await store.save('f/a.txt', Buffer.from('x'), 'text/plain');
    expect(await store.find('f')).toBeUndefined();
    expect(await store.find('f/a.txt/b')).toBeUndefined();
    expect(existsSync(join(directory, 'f', 'a.txt'))).toBe(true);
  });
});

(hasMoto ? describe : describe.skip)('The attachment store contract on S3 [needs moto]', () => {
  let moto: MotoServer;
  let buckets = 0;
  beforeAll(async () => (moto = await MotoServer.start()), 60_000);
  afterAll(() => moto.stop());

  attachmentStoreContract(async () => {
    const bucket = `bucket-${(buckets += 1)}`;
    await moto.makeBucket(bucket);
    return new S3Store(s3Settings(moto.url, bucket));
  });

  it('keeps the media type and the access that the settings name', async () => {
    await moto.makeBucket('typed');
    await new S3Store(s3Settings(moto.url, 'typed')).save('a/b.svg', Buffer.from('<svg/>'), 'image/svg+xml');
    const response = await fetch(`${moto.url}/typed/a/b.svg`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    expect(await (await fetch(`${moto.url}/typed/a/b.svg?acl`)).text()).toContain('groups/global/AllUsers');
  });

  it('fails, rather than loses a file, where there is no bucket', async () => {
    const store = new S3Store(s3Settings(moto.url, 'nowhere'));
    await expect(store.save('a.txt', Buffer.from('x'), 'text/plain')).rejects.toThrow('status 404');
  });
});

describe('The S3 store', () => {
  let server: Server;
  const requests: { method: string; url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  let statuses: Record<string, number>;

  beforeEach(async () => {
    requests.length = 0;
    statuses = { HEAD: 404, PUT: 200 };
    server = createServer(({ method = '', url = '', headers }, response) => {
      requests.push({ method, url, headers });
      response
        .writeHead(statuses[method] ?? 403)
        .end(method === 'HEAD' ? '' : `<AWSAccessKeyId>${SECRET}</AWSAccessKeyId>`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const store = () => new S3Store(s3Settings(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'b'));

  it('signs what it asks, never sends the secret, and never overwrites', async () => {
    expect(await store().save('f/a.txt', Buffer.from('x'), 'text/plain')).toBe('f/a.txt');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['HEAD /b/f/a.txt', 'PUT /b/f/a.txt']);
    for (const { headers } of requests) {
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=the-access-key\/\d{8}\/eu-west-3\/s3\//);
      expect(JSON.stringify(headers)).not.toContain(SECRET);
    }
    expect(requests[1]!.headers).toMatchObject({ 'if-none-match': '*', 'x-amz-acl': 'public-read' });
  });

  it('tries the next name when another one was faster', async () => {
    statuses.PUT = 412;
    const saving = store().save('a.txt', Buffer.from('x'), 'text/plain');
    server.on('request', ({ url }) => {
      if (url === '/b/a-1.txt') statuses.PUT = 200;
    });
    expect(await saving).toBe('a-1.txt');
  });

  it.each(['save', 'find', 'remove'] as const)('repeats nothing of a refusal to %s', async (what) => {
    statuses = { HEAD: 403 };
    const asked = what === 'save' ? store().save('a', Buffer.from('x'), 'text/plain') : store()[what]('a');
    const error = (await asked.catch((each: unknown) => each)) as Error;
    expect(error.message).toMatch(/^S3 answers a (HEAD|GET|DELETE) with status 403$/);
    expect(String(error.stack) + JSON.stringify(error)).not.toContain(SECRET);
  });
});

function s3Settings(endpoint: string, bucket: string): S3Settings {
  const text = `[app:main]
attachment.aws.access_key = the-access-key
attachment.aws.secret_key = ${SECRET}
attachment.aws.region = eu-west-3
attachment.aws.bucket_name = ${bucket}
attachment.aws.endpoint = ${endpoint}`;
  return readSettings(S3Settings, SettingSource.fromText(text), { prefixes: ['attachment.aws.'] });
}
