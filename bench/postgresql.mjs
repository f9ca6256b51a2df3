// How many creates a second on PostgreSQL, as a ratio to a real Kinto on the same PostgreSQL, in one run.
//
//   npm run build && KINTO_VENV=<venv with kinto[postgresql] and gunicorn> node bench/postgresql.mjs
//     [--seconds 4] [--connections 64] [--rounds 5] [--collections 1,50]
//
// PostgreSQL syncs to the disk at each commit. Kinto has two gunicorn workers, kumocast is one process; each has a
// database of its own. Rounds alternate; the ratio is the median of the rounds' own. An answer that is no success, or
// none at all, is counted and told: there should be none.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import pg from 'pg';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
    collections: { type: 'string', default: '1,50' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const venv = process.env.KINTO_VENV;
if (venv === undefined) throw new Error('KINTO_VENV is to name a venv with kinto[postgresql] and gunicorn');

const WARM_UP_SECONDS = 3;
const AUTHORIZATION = `Basic ${Buffer.from('token:alice-token').toString('base64')}`;
const BODY = JSON.stringify({ data: { name: 'bob', done: false, tags: ['home', 'garden'], note: 'x'.repeat(120) } });
const HEADERS = { 'content-type': 'application/json', authorization: AUTHORIZATION };

const WSGI = `import configparser, os
from kinto import main
config = configparser.ConfigParser()
config.read(os.environ['KINTO_INI'])
application = main(dict(config.items('DEFAULT')), **dict(config.items('app:main')))
`;

const directory = mkdtempSync(join(tmpdir(), 'kumocast-bench-'));
const children = [];

try {
  const postgresql = start(process.execPath, ['scripts/postgresql.mjs', '--durable'], { stdin: 'pipe' });
  const [server] = await said(postgresql, /postgresql:\/\/\S+/);
  const targets = [
    { name: 'kinto', ...(await serveKinto(await makeDatabase(server, 'of_kinto'))) },
    { name: 'kumocast', ...(await serveKumocast(await makeDatabase(server, 'of_kumocast'))) },
  ];
  for (const target of targets) await makeCollections(target, 50);
  for (const count of values.collections.split(',').map(Number)) await compare(targets, count);
} finally {
  for (const { child, isGroup } of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const end = new Promise((resolve) => child.once('exit', resolve));
    if (isGroup) process.kill(-child.pid, 'SIGINT');
    else child.kill('SIGTERM');
    await end;
  }
  rmSync(directory, { recursive: true, force: true });
}

async function compare(targets, count) {
  const rates = { kinto: [], kumocast: [] };
  let failures = 0;
  for (const target of targets) await load(target, count, WARM_UP_SECONDS);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const target of targets) {
      const { requests, non2xx, errors, latency } = await load(target, count, seconds);
      if (target.name === 'kumocast') failures += non2xx + errors;
      rates[target.name].push(requests.average);
      console.log(
        `${String(count).padStart(2)} collections  ${target.name.padEnd(8)} ${requests.average.toFixed(0).padStart(6)}/s` +
          `  p50 ${latency.p50} ms  p99 ${latency.p99} ms  failed ${non2xx + errors}`,
      );
    }
  }
  const ratio = median(rates.kumocast.map((rate, round) => rate / rates.kinto[round]));
  console.log(
    `${count} collections: ${median(rates.kumocast).toFixed(0)}/s against ${median(rates.kinto).toFixed(0)}/s, ` +
      `${ratio.toFixed(1)} times; ${failures} of kumocast's failed\n`,
  );
}

async function makeDatabase(url, name) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'`);
  await client.end();
  return url.replace(/postgres$/, name);
}

async function serveKumocast(url) {
  const env = { KINTO_STORAGE_BACKEND: 'postgresql', KINTO_STORAGE_URL: url };
  const args = ['dist/main.js', 'start', '--ini', 'config/kumocast.ini', '--port', '0'];
  const [, port] = await said(start(process.execPath, args, { env }), /Serving http:\/\/127\.0\.0\.1:(\d+)/);
  return { base: `http://127.0.0.1:${port}/v1` };
}

async function serveKinto(url) {
  const ini = join(directory, 'kinto.ini');
  const backends = ['storage', 'permission', 'cache'].map(
    (what) => `kinto.${what}_backend = kinto.core.${what}.postgresql\nkinto.${what}_url = ${url}`,
  );
  const lines = [
    '[app:main]',
    'use = egg:kinto',
    'kinto.userid_hmac_secret = a-secret-for-the-bench',
    'multiauth.policies = basicauth',
  ];
  const server = ['[server:main]', 'use = egg:waitress#main', ''];
  writeFileSync(ini, [...lines, ...backends, ...server].join('\n'));
  writeFileSync(join(directory, 'bench_wsgi.py'), WSGI);
  await ended(start(join(venv, 'bin/kinto'), ['migrate', '--ini', ini], { stdout: 'ignore' }));
  const port = await freePort();
  const args = ['-w', '2', '-b', `127.0.0.1:${port}`, '--chdir', directory, '--log-level', 'error', 'bench_wsgi'];
  start(join(venv, 'bin/gunicorn'), args, { env: { KINTO_INI: ini }, isGroup: true, stdout: 'ignore' });
  const base = `http://127.0.0.1:${port}/v1`;
  while (!(await fetch(`${base}/`).catch(() => undefined))?.ok)
    await new Promise((resolve) => setTimeout(resolve, 100));
  return { base };
}

/** A bucket with so many collections. */
async function makeCollections({ base }, count) {
  for (const path of ['', ...Array.from({ length: count }, (_, n) => `/collections/c${n}`)]) {
    const { status } = await fetch(`${base}/buckets/bench${path}`, { method: 'PUT', headers: HEADERS, body: '{}' });
    if (status !== 201) throw new Error(`PUT ${path} was answered with ${status}`);
  }
}

function load({ base }, count, duration) {
  const path = (n) => `${new URL(base).pathname}/buckets/bench/collections/c${n}/records`;
  const requests = Array.from({ length: count }, (_, n) => ({
    ...{ method: 'POST', path: path(n), headers: HEADERS, body: BODY },
  }));
  return autocannon({ url: base, connections, duration, requests });
}

function start(program, args, { env = {}, stdin = 'ignore', stdout = 'pipe', isGroup = false }) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: [stdin, stdout, isGroup ? 'ignore' : 'inherit'],
    detached: isGroup,
  });
  children.push({ child, isGroup });
  return child;
}

/** What matches in what it prints. */
function said(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text = (text + String(chunk)).slice(-10_000);
      const match = pattern.exec(text);
      if (match !== null) resolve(match);
    });
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)));
  });
}

function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`));
    });
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
