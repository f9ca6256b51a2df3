import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from '../../src/settings/settings.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const POLICY =
  "default-src 'self'; img-src data: *; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'";
/** Every byte there is: none may be changed on the way. */
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const PAGE = '<html>Kinto Admin – é 😀</html>\n';

let parent: string;
let build: string;
let server: TestServer;

function ini(path = build): string {
  return `kinto.includes = kinto.plugins.admin\nkinto.admin_assets_path = ${path}`;
}

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'admin-'));
  build = join(parent, 'build');
  mkdirSync(join(build, 'assets', 'fonts'), { recursive: true });
  mkdirSync(join(parent, 'build-secret'));
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  writeFileSync(join(parent, 'build-secret', 'secret.txt'), 'secret');
  writeFileSync(join(build, 'VERSION'), '6.4.0\n');
  writeFileSync(join(build, 'index.html'), PAGE);
  writeFileSync(join(build, '.env'), 'secret');
  writeFileSync(join(build, 'assets', 'index-1a2b.js'), 'console.log("é")');
  for (const name of [
    'a.css',
    'a.js.map',
    'a.svg',
    'a.png',
    'a.ico',
    'fonts/a.woff2',
    'a.wasm',
    'a.webmanifest',
    'a.what',
  ]) {
    writeFileSync(join(build, 'assets', name), BYTES);
  }
  symlinkSync(join(parent, 'secret.txt'), join(build, 'assets', 'link.txt'));
  symlinkSync(join(parent, 'build-secret'), join(build, 'assets', 'folder'));
  server = await startTestServer({ ini: ini() });
});
afterAll(async () => {
  await server.close();
  rmSync(parent, { recursive: true });
});

describe('Kinto Admin', () => {
  it('is found without its slash, too', async () => {
    const headers = { location: `${server.url}/v1/admin/` };
    await scenario(server, ['GET', '/v1/admin?x=1', { auth: null }], { status: 307, headers });
    await scenario(server, ['GET', '/admin/'], { status: 307, headers });
  });

  it('is a page that may load from here alone, and is asked for again each time', async () => {
    const answer = await scenario(server, ['GET', '/v1/admin/', { auth: null }], {
      status: 200,
      headers: {
        'content-type': 'text/html; charset=UTF-8',
        'content-security-policy': POLICY,
        'cache-control': 'no-cache',
        'content-length': String(Buffer.byteLength(PAGE)),
      },
    });
    expect(answer.text).toBe(PAGE);
    const same = await server.request('GET', '/v1/admin/index.html');
    expect([same.text, same.headers.get('content-security-policy')]).toEqual([PAGE, POLICY]);
  });

  it.each([
    ['index-1a2b.js', 'text/javascript; charset=UTF-8'],
    ['a.css', 'text/css; charset=UTF-8'],
    ['a.js.map', 'application/json'],
    ['a.svg', 'image/svg+xml; charset=UTF-8'],
    ['a.png', 'image/png'],
    ['a.ico', 'image/x-icon'],
    ['fonts/a.woff2', 'font/woff2'],
    ['a.wasm', 'application/wasm'],
    ['a.webmanifest', 'application/manifest+json'],
    ['a.what', 'application/octet-stream'],
  ])('has %s, said to be %s, byte by byte', async (name, type) => {
    const response = await fetch(`${server.url}/v1/admin/assets/${name}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('max-age=3600');
    if (!name.endsWith('.js')) expect(bytes.equals(BYTES)).toBe(true);
  });

  it('is not sent again to whoever has it', async () => {
    const path = '/v1/admin/assets/a.css';
    const { headers } = await server.request('GET', path);
    const known = { 'if-none-match': headers.get('etag') ?? '' };
    const answer = await scenario(server, ['GET', path, { headers: known }], { status: 304 });
    expect(answer.text).toBe('');
    const since = { 'if-modified-since': headers.get('last-modified') ?? '' };
    await scenario(server, ['GET', path, { headers: since }], { status: 304 });
    // The date does not count where there is a tag.
    await scenario(server, ['GET', path, { headers: { ...since, 'if-none-match': 'W/"other"' } }], { status: 200 });
    const before = { 'if-modified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' };
    await scenario(server, ['GET', path, { headers: before }], { status: 200 });
    writeFileSync(join(build, 'assets', 'a.css'), 'changed');
    const changed = await scenario(server, ['GET', path, { headers: known }], { status: 200 });
    expect(changed.text).toBe('changed');
  });

  it('answers HEAD with the headers, and nothing but GET otherwise', async () => {
    const head = await scenario(server, ['HEAD', '/v1/admin/'], {
      status: 200,
      headers: { 'content-security-policy': POLICY },
    });
    expect(head.text).toBe('');
    for (const path of ['/v1/admin', '/v1/admin/', '/v1/admin/assets/a.css']) {
      await scenario(server, ['POST', path], { status: 405, errno: 115, headers: { allow: 'GET, HEAD, OPTIONS' } });
    }
  });

  it.each([
    ...['nothing.js', 'assets', 'assets/', 'assets/fonts', '//index.html', 'assets//a.css', 'index.html/', '.env'],
    ...['../secret.txt', 'assets/../../secret.txt', '%2e%2e/secret.txt', '..%2fsecret.txt', '..%5csecret.txt'],
    ...['assets/%2e%2e/%2e%2e/secret.txt', 'assets/..%2f..%2fsecret.txt', './index.html', 'assets/./a.css'],
    ...['../build-secret/secret.txt', 'assets/link.txt', 'assets/folder/secret.txt', 'index.html%00', '%00', 'c:/x'],
    ...[`${'x'.repeat(300)}.js`, '/etc/passwd', '%2fetc%2fpasswd', 'assets/a.css/more'],
  ])('has nothing at %s', async (path) => {
    const answer = await server.requestExactly('GET', `/v1/admin/${path}`);
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({ errno: 111 });
  });

  it('can be fetched in a batch, as text', async () => {
    const body = { requests: [{ method: 'GET', path: '/admin/assets/index-1a2b.js' }] };
    const answer = await server.request('POST', '/v1/batch', { body });
    expect(answer.json.responses).toMatchObject([{ status: 200, body: 'console.log("é")' }]);
  });

  it('is announced with its version, and brings the list of permissions', async () => {
    const { json } = await server.request('GET', '/v1/');
    expect(json.capabilities).toMatchObject({
      admin: {
        description: 'Serves the admin console.',
        url: 'https://github.com/Kinto/kinto-admin/',
        version: '6.4.0',
      },
      permissions_endpoint: {},
    });
    await scenario(server, ['GET', '/v1/permissions'], { status: 200 });
  });

  it('does not mind that the list of permissions is asked for as well', async () => {
    const both = await startTestServer({ ini: `${ini()}\nkinto.experimental_permissions_endpoint = true` });
    await scenario(both, ['GET', '/v1/permissions'], { status: 200 });
    await both.close();
  });
});

describe('Without a build of Kinto Admin', () => {
  it('the server starts all the same, with the list of permissions and nothing at /admin', async () => {
    const bare = await startTestServer({ ini: 'kinto.includes = kinto.plugins.admin' });
    await scenario(bare, ['GET', '/v1/permissions'], { status: 200 });
    await scenario(bare, ['GET', '/v1/admin/index.html'], { status: 404, errno: 111 });
    expect((await bare.request('GET', '/v1/')).json.capabilities).not.toHaveProperty('admin');
    await bare.close();
  });

  it('the server does not start where one should be, and says so', async () => {
    const starting = startTestServer({ ini: 'kinto.includes = admin\nkinto.admin_assets_path = /no/such/folder' });
    await expect(starting).rejects.toThrow(SettingsError);
    await expect(starting).rejects.toThrow('admin_assets_path = /no/such/folder: expected a folder');
  });

  it.each(['VERSION', 'index.html'])('the server does not start when there is no %s', async (name) => {
    const partial = mkdtempSync(join(parent, 'partial-'));
    for (const other of ['VERSION', 'index.html']) if (other !== name) writeFileSync(join(partial, other), 'x');
    const starting = startTestServer({ ini: ini(partial) });
    await expect(starting).rejects.toThrow(SettingsError);
    await expect(starting).rejects.toThrow(name);
  });

  it('nothing is at its place', async () => {
    const other = await startTestServer();
    for (const path of ['/v1/admin', '/v1/admin/x']) await scenario(other, ['GET', path], { status: 404, errno: 111 });
    await other.close();
  });
});
