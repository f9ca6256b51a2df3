// How many creates a second, as a ratio to a bare Fastify that echoes the same body, in one run on the same machine.
//
//   npm run build && node bench/create.mjs [--seconds 2] [--connections 32] [--put] [--rounds 15] [--outage]
//
// Short rounds alternate, so that a noisy machine disturbs both alike, and the ratio is the median of the rounds' own:
// a neighbour who takes the processor for a while spoils a few rounds and not the figure. The processor time per
// request, of the server alone, is told beside it. `--put` creates with ids that the client made. `--outage` compares
// with a second kumocast whose Pusher listener has a receiver that does not answer.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '15' },
    put: { type: 'boolean', default: false },
    outage: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);

/** The just-in-time compiler needs some thousand requests before a server is as fast as it stays. */
const WARM_UP_SECONDS = 5;

/** Linux tells processor time in hundredths of a second. */
const MICROSECONDS_PER_TICK = 10_000;

const CREDENTIALS = `Basic ${Buffer.from('token:alice-token').toString('base64')}`;
const BODY = JSON.stringify({ data: { name: 'bob', done: false, tags: ['home', 'garden'], note: 'x'.repeat(120) } });

/** The same listener as the other's and one more, which nobody answers at the port of the discard service. */
const OUTAGE = {
  KINTO_EVENT_LISTENERS: 'live remote',
  KINTO_EVENT_LISTENERS_REMOTE_USE: 'pusher',
  KINTO_PUSHER_APP_ID: '1',
  KINTO_PUSHER_KEY: 'key',
  KINTO_PUSHER_SECRET: 'a-secret-for-the-bench',
  KINTO_PUSHER_HOST: '127.0.0.1',
  KINTO_PUSHER_PORT: '9',
  KINTO_PUSHER_USE_TLS: 'false',
};

const directory = mkdtempSync(join(tmpdir(), 'kumocast-bench-'));
const children = [];

try {
  const echo = await serve(['bench/echo-server.mjs'], /listening on (\d+)/);
  const kumocast = await serveKumocast('bench');
  const records = '/v1/buckets/default/collections/tasks/records';
  const targets = [
    { name: 'echo', url: `http://127.0.0.1:${echo.port}/echo`, pid: echo.pid },
    { name: 'create', url: `http://127.0.0.1:${kumocast.port}${records}`, pid: kumocast.pid },
  ];
  if (values.outage) {
    const { port, pid } = await serveKumocast('outage', OUTAGE);
    targets.push({ name: 'outage', url: `http://127.0.0.1:${port}${records}`, pid });
  }
  for (const target of targets) await load(target, WARM_UP_SECONDS);

  const rates = Object.fromEntries(targets.map(({ name }) => [name, []]));
  const times = Object.fromEntries(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const target of targets) {
      const before = processorTime(target.pid);
      const result = await load(target, seconds);
      const time = (processorTime(target.pid) - before) / result.requests.total;
      rates[target.name].push(result.requests.average);
      times[target.name].push(time);
      const { p50, p99, max } = result.latency;
      console.log(
        `${target.name.padEnd(6)} ${result.requests.average.toFixed(0).padStart(7)}/s  ${time.toFixed(0).padStart(4)} µs` +
          `  p50 ${p50} ms  p99 ${p99} ms  max ${max} ms`,
      );
    }
  }
  const ratios = rates.create.map((rate, round) => rate / rates.echo[round]);
  console.log(
    `\ncreates: ${median(rates.create).toFixed(0)}/s, ${median(ratios).toFixed(2)} of a bare echo ` +
      `(${median(rates.echo).toFixed(0)}/s); processor time ${median(times.create).toFixed(0)} µs ` +
      `against ${median(times.echo).toFixed(0)} µs`,
  );
  if (values.outage) {
    const share = median(rates.outage.map((rate, round) => rate / rates.create[round]));
    console.log(
      `with the Pusher receiver down: ${median(rates.outage).toFixed(0)}/s, ${share.toFixed(2)} of the above`,
    );
  }
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))));
  rmSync(directory, { recursive: true, force: true });
}

function serveKumocast(name, env = {}) {
  return serve(
    ['dist/main.js', 'start', '--ini', 'config/kumocast.ini', '--port', '0'],
    /Serving http:\/\/127\.0\.0\.1:(\d+)/,
    { KINTO_STORAGE_URL: join(directory, `${name}.sqlite`), ...env },
  );
}

function serve(args, announcement, env = {}) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const port = announcement.exec(String(chunk))?.[1];
      if (port !== undefined) resolve({ port, pid: child.pid });
    });
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}

async function load({ name, url }, duration) {
  const isPut = values.put && name !== 'echo';
  const result = await autocannon({
    url,
    connections,
    duration,
    method: isPut ? 'PUT' : 'POST',
    headers: { 'content-type': 'application/json', authorization: CREDENTIALS },
    body: BODY,
    ...(isPut
      ? {
          requests: [
            {
              setupRequest: (request) => ({ ...request, path: `${new URL(url).pathname}/${randomUUID()}` }),
            },
          ],
        }
      : {}),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${name}: ${result.non2xx} answers were no success, ${result.errors} requests failed`);
  }
  return result;
}

/** Of a process until now, in µs; NaN where the system does not tell. */
function processorTime(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
