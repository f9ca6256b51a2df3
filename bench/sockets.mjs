// What the socket mouth holds and how fast it tells, beside a bare `ws` in the same run on the same machine.
//
//   npm run build && node bench/sockets.mjs [--connections 10000] [--subscribers 1000] [--rounds 9] [--dist dist]
//     [--only memory|bursts|pace|writes] [--profile]
//
// - memory: bytes of resident memory and of heap that each held connection adds. What the system's kernel has for a
//   socket is not in it.
// - bursts: deliveries a second, from the first message published to the last frame read, eight messages in a turn of
//   the event loop and one in a turn. Rounds alternate with the bare loop, and the ratio is the median of the rounds'.
// - pace: the time from publishing to the frame read, at 100,000 deliveries a second.
// - writes: the same from a record's PUT over HTTP to a whole kumocast, which has it on disk before it is told.
//
// Clients are in one process and share the machine's processors. `--profile` leaves a profile of each server process in
// the directory for temporary files.
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    subscribers: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '9' },
    dist: { type: 'string', default: 'dist' },
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const connections = Number(values.connections);
const subscribers = Number(values.subscribers);
const rounds = Number(values.rounds);

const HUB = '/app/key?protocol=7';
/** Deliveries of one burst to all subscribers together. */
const BURST = 200_000;
const PACE = 100_000;
const PACE_SECONDS = 5;
const CREDENTIALS = `Basic ${Buffer.from('token:alice-token').toString('base64')}`;

const directory = mkdtempSync(join(tmpdir(), 'kumocast-bench-'));
const children = [];

const parts = { memory: measureMemory, bursts: measureBursts, pace: measurePace, writes: measureWrites };
try {
  for (const [name, measure] of Object.entries(parts)) {
    if (values.only !== undefined && values.only !== name) continue;
    await measure();
    console.log(`  load of the machine: ${loadavg()[0].toFixed(1)}\n`);
  }
} finally {
  for (const child of children) if (child.connected) child.disconnect();
  for (const child of children) if (child.exitCode === null && child.channel === undefined) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))));
  rmSync(directory, { recursive: true, force: true });
}

async function measureMemory() {
  for (const kind of ['hub', 'bare']) {
    const server = await openServer(kind);
    const load = openLoad();
    const port = await server.ask('port');
    const connect = (count, channels, greetings) => {
      return load.ask('connect', { count, port, path: HUB, channels, greetings });
    };
    // What the first connections bring with them is the program's, not theirs.
    await connect(100, [], 1);
    await load.ask('disconnect');
    const start = await server.ask('memory');
    const tell = async (what) => {
      const { rss, heap } = await server.ask('memory');
      const each = (bytes) => `${Math.round(bytes / connections).toLocaleString('en')} bytes`;
      console.log(`  ${kind.padEnd(4)} ${what}: ${each(rss - start.rss)} each, heap ${each(heap - start.heap)}`);
    };
    console.log(`memory of ${connections} connections, ${kind}`);
    await connect(connections, [], 1);
    await tell('held           ');
    await load.ask('disconnect');
    await server.ask('memory');
    await connect(
      connections,
      Array.from({ length: connections / 100 }, (_, n) => `channel-${n}`),
      2,
    );
    await tell('and subscribed ');
    await load.ask('disconnect');
    await tell('after they left');
    await end(server, load);
  }
}

async function measureBursts() {
  const pairs = await openPairs();
  const messages = BURST / subscribers;
  console.log(`bursts of ${messages} messages to ${subscribers} subscribers`);
  for (const perTurn of [8, 1]) {
    const rates = { hub: [], bare: [] };
    const costs = { hub: [], bare: [] };
    for (let round = -2; round < rounds; round += 1) {
      for (const pair of pairs) {
        pair.frames += messages;
        const before = await pair.server.ask('busy');
        const start = pair.server.ask('burst', { messages, perTurn });
        const end = await pair.load.ask('until', { frames: pair.frames });
        if (round < 0) continue;
        rates[pair.kind].push((messages * subscribers * 1000) / (end - (await start)));
        costs[pair.kind].push(((await pair.server.ask('busy')) - before) / (messages * subscribers));
      }
    }
    const ratios = rates.hub.map((rate, round) => rate / rates.bare[round]);
    const cost = (kind) => `${(median(costs[kind]) * 1000).toFixed(2)} µs`;
    console.log(
      `  ${perTurn} a turn: ${thousands(median(rates.hub))} deliveries/s (best ${thousands(Math.max(...rates.hub))}), ` +
        `${median(ratios).toFixed(2)} of a bare ws loop (${thousands(median(rates.bare))}); ` +
        `processor time of the server for one ${cost('hub')} against ${cost('bare')}`,
    );
  }
  await end(...pairs.flatMap(({ server, load }) => [server, load]));
}

async function measurePace() {
  const pairs = await openPairs();
  const perSecond = PACE / subscribers;
  const messages = perSecond * PACE_SECONDS;
  console.log(`${PACE} deliveries a second to ${subscribers} subscribers, from publishing to the frame read`);
  const p99s = { hub: [], bare: [] };
  for (let round = 0; round < Math.ceil(rounds / 3); round += 1) {
    for (const pair of pairs) {
      const from = pair.frames;
      pair.frames += messages;
      await pair.load.ask('take', { frames: messages, from });
      const paced = pair.server.ask('pace', { messages, perSecond });
      await pair.load.ask('until', { frames: pair.frames });
      const { sent, busy, took } = await paced;
      const { p50, p99, max } = await pair.load.ask('latencies', { sent });
      p99s[pair.kind].push(p99);
      console.log(
        `  ${pair.kind.padEnd(4)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms; ` +
          `${Math.round((100 * busy) / took)} % of a processor`,
      );
    }
  }
  const ratio = median(p99s.hub) / median(p99s.bare);
  console.log(`  median p99 ${median(p99s.hub).toFixed(1)} ms, ${ratio.toFixed(2)} of a bare ws loop's`);
  await end(...pairs.flatMap(({ server, load }) => [server, load]));
}

async function measureWrites() {
  const { url, port, key } = await serveKumocast();
  const load = openLoad();
  const path = `${url}/v1/buckets/default/collections/tasks/records`;
  const headers = { 'content-type': 'application/json', authorization: CREDENTIALS };
  const put = async (n) => {
    const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const body = JSON.stringify({ data: { note: 'x'.repeat(100) } });
    const answer = await fetch(`${path}/${id}`, { method: 'PUT', headers, body });
    if (answer.status !== 201) throw new Error(`a PUT was answered with ${answer.status}`);
    await answer.arrayBuffer();
  };
  for (let n = 0; n < 200; n += 1) await put(n);
  const { user } = await (await fetch(`${url}/v1/`, { headers })).json();
  const channels = [`${user.bucket}-tasks-record`];
  await load.ask('connect', { count: subscribers, port, path: `/app/${key}?protocol=7`, channels, greetings: 2 });
  const perSecond = PACE / subscribers;
  const messages = perSecond * PACE_SECONDS;
  console.log(`${PACE} deliveries a second to ${subscribers} subscribers, from a record's PUT to the frame read`);
  const p99s = [];
  for (let round = 0; round < Math.ceil(rounds / 3); round += 1) {
    const from = 2 + round * messages;
    await load.ask('take', { frames: messages, from });
    const sent = [];
    const answers = [];
    const start = clock();
    while (sent.length < messages) {
      while (sent.length < messages && clock() >= start + (sent.length * 1000) / perSecond) {
        sent.push(start + (sent.length * 1000) / perSecond);
        answers.push(put((round + 1) * 100_000 + sent.length));
      }
      await new Promise((done) => setTimeout(done, 1));
    }
    await Promise.all(answers);
    await load.ask('until', { frames: from + messages });
    const { p50, p99, max } = await load.ask('latencies', { sent });
    p99s.push(p99);
    console.log(`  p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`);
  }
  console.log(`  median p99 ${median(p99s).toFixed(1)} ms`);
  await end(load);
}

/** A hub and a bare server, each with its own clients, so that rounds can alternate. */
async function openPairs() {
  const pairs = [];
  for (const kind of ['hub', 'bare']) {
    const server = await openServer(kind);
    const load = openLoad();
    const port = await server.ask('port');
    await load.ask('connect', { count: subscribers, port, path: HUB, channels: ['bench'], greetings: 2 });
    pairs.push({ kind, server, load, frames: 2 });
  }
  return pairs;
}

async function openServer(kind) {
  const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${tmpdir()}`] : [];
  return openChild('bench/sockets-server.mjs', [values.dist, kind], ['--expose-gc', ...profile]);
}

function openLoad() {
  return openChild('bench/sockets-load.mjs', [], []);
}

/** A process that does what it is asked, one thing after another or several at once. */
function openChild(file, args, execArgv) {
  const child = fork(file, args, { execArgv });
  children.push(child);
  const pending = new Map();
  let last = 0;
  child.on('message', ({ id, answer }) => {
    pending.get(id).resolve(answer);
    pending.delete(id);
  });
  child.once('exit', (code) => {
    for (const { reject } of pending.values()) reject(new Error(`${file} ended with ${code}`));
  });
  const ask = (command, options = {}) => {
    last += 1;
    const id = last;
    child.send({ id, command, ...options });
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  };
  return { child, ask };
}

async function end(...opened) {
  for (const { child } of opened) {
    child.disconnect();
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  }
}

async function serveKumocast() {
  const child = spawn(
    process.execPath,
    [join(values.dist, 'main.js'), 'start', '--ini', 'config/kumocast.ini', '--port', '0'],
    {
      env: { ...process.env, KINTO_STORAGE_URL: join(directory, 'bench.sqlite') },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const found = /Serving http:\/\/127\.0\.0\.1:(\d+)/.exec(String(chunk))?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', (code) => reject(new Error(`kumocast ended with ${code}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  const { capabilities } = await (await fetch(`${url}/v1/`)).json();
  return { url, port, key: capabilities.pusher.key };
}

/** The same clock in every process of the machine, in ms. */
function clock() {
  return Number(process.hrtime.bigint()) / 1e6;
}

function thousands(number) {
  return Math.round(number).toLocaleString('en');
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
