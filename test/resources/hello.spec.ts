import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../src/app.server.js';
import { HealthChecks } from '../../src/resources/capabilities.js';
import { HeartbeatEndpoint } from '../../src/resources/endpoints/heartbeat.endpoints.js';
import { SettingSource } from '../../src/settings/settings.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

describe('GET /v1/', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer({ ini: 'kinto.project_name = shop' })));
  afterAll(() => server.close());

  it('says what this server is to somebody it does not know', async () => {
    const { json } = await scenario(server, ['GET', '/v1/', { auth: null }], {
      status: 200,
      body: {
        project_name: 'shop',
        http_api_version: '1.23',
        url: `${server.url}/v1/`,
        config: null,
        settings: { batch_max_requests: 25, readonly: false, explicit_permissions: true },
      },
      headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
    });
    expect(json).not.toHaveProperty('user');
    expect(json).not.toHaveProperty('eos');
  });

  it('offers basic authentication in the very words that Kinto’s clients compare', async () => {
    await scenario(server, ['GET', '/v1/'], {
      status: 200,
      body: {
        capabilities: {
          basicauth: {
            description: 'Very basic authentication sessions. Not for production use.',
            url: 'http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html',
          },
        },
      },
    });
  });

  it('tells a user their id, their principals and their own bucket', async () => {
    const { json } = await server.request('GET', '/v1/');
    expect(json.user).toEqual({
      id: USER_IDS.mat,
      principals: [USER_IDS.mat, 'system.Everyone', 'system.Authenticated'],
      bucket: 'ddaf8694-fa9e-2949-ed0e-77198a7907fb',
    });
  });

  it('builds its URL from the host that the caller used', async () => {
    const { json } = await server.requestExactly('GET', '/v1/', { headers: { host: 'sync.example.org' } });
    expect(json.url).toBe('http://sync.example.org/v1/');
  });

  it('answers HEAD without a body', async () => {
    const answer = await scenario(server, ['HEAD', '/v1/'], { status: 200 });
    expect(answer.text).toBe('');
  });
});

describe('What a server offers that is set up otherwise', () => {
  it('does not speak of policies and plugins that it does not have', async () => {
    const server = await startTestServer({ ini: 'multiauth.policies =\nkinto.includes =' });
    const { json } = await server.request('GET', '/v1/');
    expect(json.capabilities).not.toHaveProperty('basicauth');
    expect(json.capabilities).not.toHaveProperty('default_bucket');
    expect(json).not.toHaveProperty('user');
    await scenario(server, ['GET', '/v1/buckets'], { status: 401, errno: 104, headers: { 'www-authenticate': null } });
    await server.close();
  });
});

describe('Hello of a server with a settings file', () => {
  it('tells which file that is, and in which state', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-hello-'));
    const iniFile = join(directory, 'kumocast.ini');
    const text =
      '[app:main]\nkinto.storage_backend = memory\nkinto.log_level = fatal\nkinto.userid_hmac_secret = s3cret\n';
    writeFileSync(iniFile, text);
    utimesSync(iniFile, 1_700_000_000, 1_700_000_000.25);
    const server = await startServer(SettingSource.load({ iniFile }), { port: 0 });
    // What is in it later is not what the server goes by.
    writeFileSync(iniFile, '');
    const answer = await fetch(`${server.url}/v1/`);
    await server.close();
    rmSync(directory, { recursive: true });
    const body = await answer.text();
    const { config } = JSON.parse(body) as { config: { path: string; hash: string; modified: string } };
    const hash = createHash('sha256').update(text).digest('hex');
    expect(config).toEqual({
      path: iniFile,
      hash,
      modified: expect.stringMatching(/^2023-11-1\dT\d\d:\d\d:20\.250000$/) as string,
    });
    expect(new Date(config.modified).getTime()).toBe(1_700_000_000_250);
    expect(body).not.toContain('s3cret');
  });
});

describe('The public address of a server', () => {
  it('is the one that the settings name, in every absolute URL', async () => {
    const server = await startTestServer({ ini: 'kinto.http_scheme = https\nkinto.http_host = sync.example.org' });
    await scenario(server, ['GET', '/v1/'], { status: 200, body: { url: 'https://sync.example.org/v1/' } });
    await scenario(server, ['GET', '/x'], { status: 307, headers: { location: 'https://sync.example.org/v1/x' } });
    await server.close();
  });
});

describe('/v1/__version__', () => {
  it('shows the file of the deployment, as it was when it was first asked for', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-version-'));
    const file = join(directory, 'version.json');
    writeFileSync(file, '{"commit": "abc", "version": "1.2", "name": "\u00e9"}');
    const server = await startTestServer({ ini: `kinto.version_json_path = ${file}` });
    const answer = await scenario(server, ['GET', '/v1/__version__', { auth: null }], { status: 200 });
    expect(answer.text).toBe('{"commit":"abc","version":"1.2","name":"\\u00E9"}');
    rmSync(directory, { recursive: true });
    await scenario(server, ['GET', '/v1/__version__'], { status: 200, body: { commit: 'abc' } });
    await server.close();
  });

  it('is a failure without that file, as in Kinto, and says nothing of where it was looked for', async () => {
    const server = await startTestServer({
      ini: 'kinto.version_json_path = /nowhere/version.json\nkinto.error_info_link = https://help.example',
    });
    const answer = await scenario(server, ['GET', '/v1/__version__'], { status: 500, errno: 999 });
    expect(answer.json).toEqual({
      code: 500,
      errno: 999,
      error: 'Internal Server Error',
      message: 'A programmatic error occurred, developers have been informed.',
      info: 'https://help.example',
    });
    await server.close();
  });
});

describe('/v1/contribute.json', () => {
  it('has the keys of Kinto’s, and speaks of kumocast', async () => {
    const server = await startTestServer();
    const { json } = await scenario(server, ['GET', '/v1/contribute.json', { auth: null }], {
      status: 200,
      body: { name: 'kumocast', repository: { license: 'Apache-2.0' } },
    });
    expect(Object.keys(json)).toEqual(['name', 'description', 'repository', 'participate', 'bugs', 'keywords']);
    await server.close();
  });
});

describe('Heartbeats', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer()));
  afterAll(() => server.close());

  it('name every part that works', async () => {
    const { json } = await scenario(server, ['GET', '/v1/__heartbeat__', { auth: null }], { status: 200 });
    expect(json).toEqual({ storage: true, permission: true, cache: true });
  });

  it('are cheap for a load balancer', async () => {
    const { text } = await scenario(server, ['GET', '/v1/__lbheartbeat__', { auth: null }], { status: 200 });
    expect(text).toBe('{}');
  });

  it('report what hangs, what throws and what says no, and only that', async () => {
    const checks = new HealthChecks();
    checks.add('well', () => Promise.resolve(true));
    checks.add('absent', () => Promise.resolve(null));
    checks.add('ill', () => Promise.resolve(false));
    checks.add('hanging', () => new Promise(() => undefined));
    checks.add('failing', () => Promise.reject(new Error('no connection')));
    checks.add('throwing', () => {
      throw new Error('at once');
    });
    const { status, body } = await new HeartbeatEndpoint(checks, 20).handle();
    expect(status).toBe(503);
    expect(JSON.parse(String(body))).toEqual({
      well: true,
      absent: null,
      ill: false,
      hanging: false,
      failing: false,
      throwing: false,
    });
  });

  it('are well when nothing is ill, and nothing is asked for long', async () => {
    const checks = new HealthChecks();
    checks.add('well', () => Promise.resolve(true));
    checks.add('absent', () => Promise.resolve(null));
    const { status, body } = await new HeartbeatEndpoint(checks, 60_000).handle();
    expect([status, body]).toEqual([200, '{"well":true,"absent":null}']);
  });
});
