// What writers notice of a webhook receiver that is ill, and what becomes of it when it is well again.
//
//   npm run build && node bench/outages.mjs [--rate 500] [--seconds 3] [--rounds 8]
//
// One server for each way of being ill, one whose receiver is well, and one without a listener. Writes come at a fixed
// rate, whether or not the last ones were answered. Short rounds alternate between the servers, each time in another
// order, so that a noisy machine disturbs all alike; a ratio is the median of the rounds' own. The receivers are ill from
// the start to the end of the measurement. Then all are well, and everything must arrive, in order, and nothing be put
// aside.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { Pool } from 'undici';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '8' },
  },
});
const [rate, seconds, rounds] = [values.rate, values.seconds, values.rounds].map(Number);

const RECEIVERS = ['well', 'hang', '500', 'garbage', 'slow'];
const NO_LISTENER = 'none';

/** The just-in-time compiler needs some thousand requests before a server is as fast as it stays. */
const WARM_UP_SECONDS = 8;

/** The longest wait between two tries is a minute; then a try may hang, and the rest is delivered. */
const RECOVERY_SECONDS = 300;

const CONNECTIONS = 64;
const HEADERS = {
  'content-type': 'application/json',
  authorization: `Basic ${Buffer.from('token:alice-token').toString('base64')}`,
};
const BODY = JSON.stringify({ data: { name: 'bob', done: false, tags: ['home', 'garden'], note: 'x'.repeat(120) } });

const directory = mkdtempSync(join(tmpdir(), 'kumocast-outages-'));
const servers = [];
const receivers = fork(join(import.meta.dirname, 'outage-receiver.mjs'), RECEIVERS);

try {
  const [ports] = await once(receivers, 'message');
  for (const name of [NO_LISTENER, ...RECEIVERS]) servers.push(await start(name, ports[name]));
  for (const server of servers) await load(server, WARM_UP_SECONDS);
  for (const server of servers) server.memoryBefore = memoryOf(server);
  for (let round = 0; round < rounds; round++) {
    const shift = round % servers.length;
    for (const server of [...servers.slice(shift), ...servers.slice(0, shift)]) {
      server.rounds.push(quantilesOf(await load(server, seconds)));
    }
    console.log(`round ${round + 1} of ${rounds}`);
  }
  for (const server of servers) server.memoryAfter = memoryOf(server);
  tellLatencies();
  await tellRecovery();
} finally {
  receivers.kill();
  for (const { child, pool } of servers) {
    await pool.close();
    child.kill('SIGTERM');
  }
  await Promise.all(servers.map(({ child }) => child.exitCode ?? once(child, 'exit')));
  rmSync(directory, { recursive: true, force: true });
}

async function start(name, port) {
  const file = join(directory, `${name}.sqlite`);
  const listener = `kinto.event_listeners = hook
kinto.event_listeners.hook.use = webhook
kinto.event_listeners.hook.url = http://127.0.0.1:${port}/
kinto.event_listeners.hook.secret = a-secret-for-the-bench
kinto.event_listeners.hook.allow_private_addresses = true
kinto.event_listeners.hook.resources = record
kinto.event_listeners.hook.payload = change
`;
  const ini = join(directory, `${name}.ini`);
  writeFileSync(
    ini,
    `[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
kinto.storage_url = ${file}
kinto.userid_hmac_secret = a-secret-that-all-of-them-share
${port === undefined ? '' : listener}`,
  );
  const child = spawn(process.execPath, ['dist/main.js', 'start', '--ini', ini, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      const match = /Serving (http:\/\/127\.0\.0\.1:\d+)/.exec((text += chunk));
      if (match !== null) resolve(match[1]);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { name, file, child, pool: new Pool(url, { connections: CONNECTIONS }), rounds: [], answered: 0 };
}

/** @returns how long each write took, in ms, from the moment it was handed to the client */
async function load(server, duration) {
  const total = rate * duration;
  const [latencies, underWay] = [[], []];
  const started = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.ceil(((performance.now() - started) * rate) / 1000));
    for (; sent < due; sent++) underWay.push(write(server, latencies));
    await pause(1);
  }
  await Promise.all(underWay);
  return latencies;
}

async function write(server, latencies) {
  const started = performance.now();
  const path = '/v1/buckets/default/collections/tasks/records';
  const { statusCode, body } = await server.pool.request({ method: 'POST', path, headers: HEADERS, body: BODY });
  await body.dump();
  if (statusCode !== 201) throw new Error(`${server.name} answered ${statusCode}`);
  latencies.push(performance.now() - started);
  server.answered++;
}

function quantilesOf(latencies) {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}

/** In MiB; NaN where the system does not tell. */
function memoryOf({ child }) {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;
}

function tellLatencies() {
  const well = servers.find(({ name }) => name === 'well');
  const rows = servers.map((server) => {
    const each = (quantile) => server.rounds.map((round) => round[quantile]);
    const ratio = (quantile) =>
      median(server.rounds.map((round, index) => round[quantile] / well.rounds[index][quantile]));
    return {
      receiver: server.name,
      writes: server.answered,
      'p50 ms': median(each('p50')).toFixed(2),
      'p99 ms': median(each('p99')).toFixed(2),
      'p50 ratio': ratio('p50').toFixed(2),
      'p99 ratio': ratio('p99').toFixed(2),
      'MiB before': server.memoryBefore.toFixed(0),
      'MiB after': server.memoryAfter.toFixed(0),
    };
  });
  console.log(`\n${rate} writes a second, ${rounds} rounds of ${seconds} s; ratios to the receiver that is well`);
  console.table(rows);
}

async function tellRecovery() {
  const expected = new Map(servers.map(({ name, answered }) => [name, answered]));
  const started = performance.now();
  const recoveredAt = new Map();
  let reports = await ask('recover');
  while (recoveredAt.size < RECEIVERS.length && performance.now() - started < RECOVERY_SECONDS * 1000) {
    await pause(200);
    reports = await ask('report');
    for (const name of RECEIVERS) {
      const isDone = reports[name].arrived >= expected.get(name) && lagOf(name) === 0;
      if (isDone && !recoveredAt.has(name)) recoveredAt.set(name, performance.now() - started);
    }
  }
  const rows = RECEIVERS.map((name) => ({
    receiver: name,
    committed: expected.get(name),
    arrived: reports[name].arrived,
    'in order': reports[name].isInOrder,
    repeats: reports[name].repeats,
    'failed requests': reports[name].refused,
    'dead letters': countOf(name, 'SELECT count(*) AS count FROM dead_letters'),
    'seconds until all had arrived': ((recoveredAt.get(name) ?? Number.NaN) / 1000).toFixed(1),
    'MiB then': memoryOf(servers.find((server) => server.name === name)).toFixed(0),
  }));
  console.log('\nafter all receivers had become well');
  console.table(rows);
  const isWhole = rows.every((row) => row.arrived === row.committed && row['in order'] && row['dead letters'] === 0);
  if (!isWhole) {
    console.error('Something is missing, out of order, or among the dead letters.');
    process.exitCode = 1;
  }
}

async function ask(what) {
  receivers.send(what);
  return (await once(receivers, 'message'))[0];
}

function lagOf(name) {
  return countOf(name, 'SELECT count(*) AS count FROM cursors WHERE change_id < (SELECT max(id) FROM changes)');
}

function countOf(name, query) {
  const database = new Database(servers.find((server) => server.name === name).file, { readonly: true });
  try {
    return database.prepare(query).get().count;
  } finally {
    database.close();
  }
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
