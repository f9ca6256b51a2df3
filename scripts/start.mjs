/**
 * `npm start`: from a fresh clone to a running server in one command. Further arguments go to the server:
 * `npm start -- --port 9000`.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { ensureBuilt, ensureInstalled, ROOT } from './prepare.mjs';

ensureInstalled();
ensureBuilt();

const server = spawn(
  process.execPath,
  [join('dist', 'main.js'), 'start', '--ini', join('config', 'kumocast.ini'), ...process.argv.slice(2)],
  { cwd: ROOT, stdio: 'inherit' },
);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Ctrl-C in a terminal reaches the server by itself, and a second one would ask it to hurry.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    server.kill(signal);
  });
}

// npm's shell passes no signal on: when it is ended, this goes on without a parent, and the port stays taken.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) server.kill('SIGTERM');
}, 500).unref();

server.on('error', (error) => {
  console.error(`The server could not be started: ${error.message}`);
  process.exit(1);
});

// A process that a signal ended is reported as shells do it.
server.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
