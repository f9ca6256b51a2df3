import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { found } from '../support/found.js';
import { describeWith, getProgram } from '../support/installed.js';
import { startTestServer, type TestServer } from '../support/server.js';

const ROOM = fileURLToPath(new URL('../../deploy/proxy/', import.meta.url));
const KEY = 'key-of-the-app';
const RECORDS = '/v1/buckets/b/collections/c/records';
const AUTH = { authorization: `Basic ${btoa('mat:secret')}` };

let directory: string;
let server: TestServer;
let proxy: ChildProcess | undefined;
let said = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kumocast-proxy-'));
  server = await startTestServer({
    ini: `channels.app_id = 1\nchannels.key = ${KEY}\nchannels.secret = secret-of-the-app\nkinto.event_listeners = live
kinto.event_listeners.live.use = websocket\nkinto.event_listeners.live.resources = record`,
  });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', '/v1/buckets/b/collections/c');
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});
afterEach(async () => {
  if (proxy === undefined) return;
  const ended = once(proxy, 'exit');
  proxy.kill('SIGKILL');
  await ended;
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function run(program: string, args: readonly string[], env: Record<string, string> = {}): void {
  said = '';
  const home = { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
  proxy = spawn(getProgram(program), args, { cwd: directory, env: { PATH: process.env.PATH, ...home, ...env } });
  for (const stream of [proxy.stdout, proxy.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
}

/** What people come with: requests, a WebSocket, a stream of events. */
async function ensureEverythingPasses(port: number): Promise<void> {
  const base = `http://127.0.0.1:${port}`;
  await found(async () => {
    if (proxy?.exitCode !== null) throw new Error(`The proxy has ended: ${said}`);
    const hello = await fetch(`${base}/v1/`).catch(() => undefined);
    return hello?.status === 200 ? true : undefined;
  }, 'the proxy answers');

  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/app/${KEY}?protocol=7`);
  const frames: { event: string }[] = [];
  webSocket.on('message', (text: Buffer) => frames.push(JSON.parse(text.toString()) as { event: string }));
  const heard = (event: string) => found(async () => frames.find((frame) => frame.event === event), event);
  await heard('pusher:connection_established');
  webSocket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'b-c-record' } }));
  await heard('pusher_internal:subscription_succeeded');

  const stop = new AbortController();
  const stream = await fetch(base + RECORDS, {
    headers: { ...AUTH, accept: 'text/event-stream' },
    signal: stop.signal,
  });
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
  let events = '';
  const reading = (async () => {
    for await (const piece of stream.body!) events += Buffer.from(piece as Uint8Array).toString();
  })().catch(() => undefined);
  await found(async () => (events.includes('event:') ? true : undefined), 'the stream is open');

  const written = await fetch(base + RECORDS, {
    method: 'POST',
    headers: { ...AUTH, 'content-type': 'application/json' },
    body: JSON.stringify({ data: { title: 'through the proxy' } }),
  });
  expect(written.status).toBe(201);
  await heard('create');
  await found(async () => (events.includes('through the proxy') ? true : undefined), 'the event has come');
  stop.abort();
  await reading;
  webSocket.terminate();
}

describeWith('nginx')('nginx in front, as deploy/proxy has it [needs nginx]', () => {
  it('passes requests, WebSockets and events on as they come', async () => {
    const port = await freePort();
    const ours = readFileSync(join(ROOM, 'nginx.conf'), 'utf8')
      .replace('127.0.0.1:8888', `127.0.0.1:${server.port}`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
      .replace(/^ +ssl_.*\n/gm, '');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
      .join(' ');
    const file = join(directory, 'nginx.conf');
    const head = `daemon off; pid ${directory}/nginx.pid; error_log stderr; events {}`;
    // The workers leave the user that may read the directory unless they are told to stay.
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    writeFileSync(file, `${user} ${head} http { access_log off; ${temporary}\n${ours}\n}`);
    run('nginx', ['-c', file, '-p', directory, '-e', 'stderr']);
    await ensureEverythingPasses(port);
  });
});

describeWith('caddy')('Caddy in front, as deploy/proxy has it [needs caddy]', () => {
  it('passes requests, WebSockets and events on as they come', async () => {
    const port = await freePort();
    const file = join(directory, 'Caddyfile');
    // Its own interface for orders is on one fixed port.
    writeFileSync(file, `{\n\tadmin off\n}\n${readFileSync(join(ROOM, 'Caddyfile'), 'utf8')}`);
    run('caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
      KUMOCAST_SITE: `http://127.0.0.1:${port}`,
      KUMOCAST_UPSTREAM: `127.0.0.1:${server.port}`,
    });
    await ensureEverythingPasses(port);
  });
});
