import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Commands } from '../support/command.js';
import { found } from '../support/found.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const BASE = `[app:main]
kinto.storage_backend = sqlite
kinto.storage_url = %(here)s/own.sqlite
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
`;

const commands = new Commands();
const received: { text: string; key: string | undefined }[] = [];
let room: Server;
let url: string;
let answers: number[] = [];

beforeAll(async () => {
  // As `npm install kumocast` would have put it.
  mkdirSync(join(commands.directory, 'node_modules'));
  symlinkSync(ROOT, join(commands.directory, 'node_modules', 'kumocast'), 'dir');
  copyFileSync(join(ROOT, 'examples/chat-notifier/chat-notifier.mjs'), join(commands.directory, 'chat-notifier.mjs'));
  room = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.statusCode = answers.shift() ?? 200;
      if (response.statusCode === 200) {
        const { text } = JSON.parse(body) as { text: string };
        received.push({ text, key: request.headers['idempotency-key'] as string | undefined });
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => room.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(room.address() as AddressInfo).port}/hook-of-the-room`;
});
beforeEach(() => {
  received.length = 0;
  answers = [];
});
afterAll(async () => {
  await commands.clear();
  room.closeAllConnections();
  room.close();
});

const start = (name: string, lines: string) => {
  const ini = commands.write(`${name}.ini`, BASE.replace('own.sqlite', `${name}.sqlite`) + lines);
  return { ini, server: commands.start('start', '--ini', ini, '--port', '0') };
};
const refused = async (name: string, lines: string) => {
  const { code, stderr } = await start(name, lines).server.ended;
  expect(code).toBe(2);
  return stderr.trim();
};
const create = async (base: string, data: object) => {
  const response = await fetch(`${base}/v1/buckets/default/collections/tasks/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa('token:alice')}` },
    body: JSON.stringify({ data }),
  });
  return { status: response.status, json: (await response.json()) as { message?: string } };
};
const chat = () => `kinto.event_listeners = chat
kinto.event_listeners.chat.use = ./chat-notifier.mjs
kinto.event_listeners.chat.url = ${url}
kinto.event_listeners.chat.resources = record
`;

describe('A listener in a file of one’s own', () => {
  it('hears what is written, and once more what it failed at, under the same id', async () => {
    const { server } = start('chat', chat());
    const base = await server.url();
    answers = [500];
    await create(base, { title: 'Hello' });
    await found(async () => received[0], 'the room has it');
    expect(received[0]!.text).toMatch(/^create record in \/buckets\/.*\/collections\/tasks: Hello$/);
    expect(received[0]!.key).toMatch(/.+:.+/);
    server.kill('SIGTERM');
    const { stdout, stderr } = await server.ended;
    expect(stdout + stderr).toContain('Listener chat failed');
    expect(stdout + stderr).not.toContain('hook-of-the-room');
  });

  it('is shown, tested, told again and relieved of its dead letters from the command line while the server runs', async () => {
    const { ini, server } = start('orders', chat());
    const base = await server.url();
    answers = [400];
    await create(base, { title: 'refused' });
    await create(base, { title: 'taken' });
    await found(async () => received[0], 'the second is taken');
    const listeners = (...words: string[]) => commands.run('listeners', ...words, '--ini', ini);
    const shown = await found(async () => {
      const [line] = JSON.parse((await listeners('--json')).stdout) as {
        lag: number;
        dead: number;
        position: number;
      }[];
      return line?.lag === 0 ? line : undefined;
    }, 'nothing lags');
    expect(shown).toMatchObject({ name: 'chat', kind: './chat-notifier.mjs', dead: 1, lost: 0 });
    expect((await listeners()).stdout).toMatch(/^NAME +KIND +POSITION +LAG +DEAD +STATE\nchat /);
    expect((await listeners('dead', 'chat')).stdout).toContain('the room refuses the message');
    expect((await listeners('dead', 'chat', '--retry')).stdout).toContain('1 dead letter(s) delivered, 0 failed');
    expect(received.map(({ text }) => text.split(': ')[1])).toEqual(['taken', 'refused']);
    expect((await listeners('test', 'chat')).stdout).toBe('chat: the test event was delivered\n');
    received.length = 0;
    expect((await listeners('replay', 'chat', '--from', 'beginning')).code).toBe(0);
    await found(async () => received[1], 'both are told again');
    expect(received.map(({ text }) => text.split(': ')[1])).toEqual(['refused', 'taken']);
    expect(await listeners('test', 'nobody')).toMatchObject({ code: 2 });
    expect(await listeners('replay', 'chat', '--from', '999999')).toMatchObject({ code: 2 });
  }, 150_000);

  it('is exchanged by SIGHUP, and stays when the file is wrong', async () => {
    const { ini, server } = start('reload', chat());
    const base = await server.url();
    commands.write(
      'reload.ini',
      BASE.replace('own.sqlite', 'reload.sqlite') + chat() + 'kinto.event_listeners.chat.field = other\n',
    );
    process.kill(server.pid, 'SIGHUP');
    await create(base, { title: 'a title', other: 'another' });
    await found(
      async () => received.find(({ text }) => text.endsWith('another') || text.endsWith('a title')),
      'it is told',
    );
    await create(base, { title: 'a title', other: 'second' });
    await found(async () => received.find(({ text }) => text.endsWith(': second')), 'it is told of the other field');
    commands.write('reload.ini', 'nonsense');
    process.kill(server.pid, 'SIGHUP');
    await create(base, { other: 'third' });
    await found(async () => received.find(({ text }) => text.endsWith(': third')), 'it goes on');
    server.kill('SIGTERM');
    expect((await server.ended).stderr).toContain('the listeners stay as they were');
    expect(ini).toContain('reload.ini');
  });

  it.each([
    ['SIGHUP', 'the listeners are those of the settings'],
    ['SIGTERM', 'answering what has arrived'],
  ])('sees %s heeded that comes while the server still starts', async (signal, printed) => {
    commands.write(
      `${signal}.mjs`,
      `import { defineListener } from 'kumocast';
if (globalThis.isLoaded !== true) process.kill(process.pid, '${signal}');
globalThis.isLoaded = true;
export default defineListener({ delivery: 'on-every-node', create: () => ({ afterCommit() {} }) });
`,
    );
    const { server } = start(
      `early-${signal}`,
      `kinto.event_listeners = early\nkinto.event_listeners.early.use = ./${signal}.mjs\n`,
    );
    await found(async () => (server.printed.includes(printed) ? true : undefined), 'it is heeded');
    // A second SIGTERM would end it at once.
    if (signal === 'SIGHUP') server.kill('SIGTERM');
    const { code, stdout } = await server.ended;
    expect(code).toBe(0);
    expect(stdout.indexOf(printed)).toBeGreaterThan(stdout.indexOf('Serving http'));
  });

  it('that is broken refuses to start, by its name and with its own error', async () => {
    commands.write('throws.mjs', 'throw new Error("no such room");');
    commands.write('other.mjs', 'export default { afterCommit() {} };');
    commands.write('slip.mjs', 'export default {;');
    const use = (file: string) => `kinto.event_listeners = x\nkinto.event_listeners.x.use = ${file}\n`;
    expect(await refused('a', use('./throws.mjs'))).toMatch(
      /event_listeners\.x\.use.*throws\.mjs cannot be loaded: no such room/,
    );
    expect(await refused('b', use('./other.mjs'))).toContain('is not made by defineListener');
    expect(await refused('c', use('./slip.mjs'))).toContain('slip.mjs cannot be loaded');
    expect(await refused('d', use('./missing.mjs'))).toContain('there is no such file');
    expect(await refused('e', use('no-such-package'))).toContain('expected one of');
    expect(await refused('f', chat().replace(/^.*chat\.url.*$/m, ''))).toMatch(
      /event_listeners\.chat\.url.*it is needed/,
    );
  }, 150_000);
});

describe('A commit hook in a file of one’s own', () => {
  const HOOK = `import { defineCommitHook, ApiError } from 'kumocast';
export default defineCommitHook({
  settings: { word: { type: 'string', sentence: 'What nobody may write.', default: 'darn' } },
  create: ({ word }) => ({
    async beforeCommit(changes) {
      const text = changes.flatMap(({ impacted }) => impacted.map(({ newText }) => newText)).join();
      if (text.includes(word)) throw new ApiError('FORBIDDEN', { message: 'Mind your words.' });
      if (text.includes('hang')) await new Promise(() => undefined);
      if (text.includes('fail')) throw new Error('a mistake of the hook');
    },
  }),
});
`;

  it('refuses with its own answer, and its mistakes and its silence are refusals too', async () => {
    commands.write('words.mjs', HOOK);
    const { server } = start(
      'hook',
      'kinto.commit_hooks = words\nkinto.commit_hooks.words.use = ./words.mjs\nkinto.commit_hooks.words.timeout = 200\n',
    );
    const base = await server.url();
    expect(await create(base, { text: 'darn' })).toMatchObject({ status: 403, json: { message: 'Mind your words.' } });
    expect((await create(base, { text: 'hang' })).status).toBe(503);
    expect((await create(base, { text: 'fail' })).status).toBe(503);
    expect((await create(base, { text: 'kind' })).status).toBe(201);
    const list = await fetch(`${base}/v1/buckets/default/collections/tasks/records`, {
      headers: { authorization: `Basic ${btoa('token:alice')}` },
    });
    expect(await list.json()).toMatchObject({ data: [{ text: 'kind' }] });
    server.kill('SIGTERM');
    const { stdout, stderr } = await server.ended;
    expect(stdout + stderr).toContain('Commit hook words: a mistake of the hook');
    expect(stdout + stderr).toContain('Commit hook words: no answer within 200 ms');
  });
});
