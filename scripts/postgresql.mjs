// A PostgreSQL server for tests, in a directory of its own, from Debian's programs: prints its URL, and goes with all
// that is in it when its input ends. At SIGUSR2 it is restarted, and its URL is printed again. Nothing in it is synced to
// the disk, unless it is asked to be: `--durable`, for benches.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const ROOT = '/usr/lib/postgresql';

/** The newest version that is installed. */
function findPrograms() {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(ROOT, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (found === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return found;
}

/** The server refuses to run as root. */
function findOwner() {
  if (process.getuid?.() !== 0) return {};
  const idOf = (option) => Number(execFileSync('id', [option, 'postgres']).toString());
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Whether it takes connections: it listens before it does. */
async function answers(url) {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

const bin = findPrograms();
const directory = mkdtempSync(join(tmpdir(), 'kumocast-postgresql-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const owner = findOwner();
if (owner.uid !== undefined) chownSync(directory, owner.uid, owner.gid);
const as = { ...owner, cwd: directory, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
const locale = ['--encoding=UTF8', '--lc-collate=C', '--lc-ctype=C.UTF-8'];
execFileSync(join(bin, 'initdb'), ['-D', 'cluster', '-U', 'postgres', '-A', 'trust', '-N', ...locale], as);
const port = await findFreePort();
const hasty = process.argv.includes('--durable') ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
const settings = [...hasty, 'max_connections=300'];
const options = ['-D', 'cluster', '-p', String(port), '-h', '127.0.0.1', '-k', directory];
let isRestarting = false;
function startServer() {
  const started = spawn(join(bin, 'postgres'), [...options, ...settings.flatMap((one) => ['-c', one])], {
    ...as,
    stdio: 'ignore',
  });
  started.once('exit', (code) => {
    if (!isRestarting) process.exit(code ?? 1);
    isRestarting = false;
    server = startServer();
    void sayOnceItAnswers();
  });
  return started;
}
let server = startServer();
// It ends, whoever is connected, and is started again on the same port.
process.on('SIGUSR2', () => {
  isRestarting = true;
  server.kill('SIGINT');
});
const stop = () => server.kill('SIGINT'); // "Fast": whoever is still connected is disconnected.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
process.stdin.resume().once('end', stop).once('error', stop);
const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
async function sayOnceItAnswers() {
  while (!(await answers(url))) await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(url);
}
await sayOnceItAnswers();
