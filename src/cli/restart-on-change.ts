import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { unwatchFile, watchFile } from 'node:fs';
import { CommandFailure } from './command-failure.js';
import { findIniFile } from './load-settings.js';
import { say, type SettingsOptions } from './settings-options.js';

/** The caller asked for something that cannot be. */
const MISUSE = 2;

/** In ms. Asked for rather than told of: editors replace a file as often as they write into it. */
const LOOK_EVERY = 250;

const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** As shells report a process that a signal ended, when it is not known which. */
const SIGNALLED = 128;

/**
 * Runs the same command without `--reload` in a process of its own, and again whenever the settings' file changes. Of a
 * server that does not start it waits for the next change: somebody is editing. Resolves never; the process ends when
 * the server has been told to.
 *
 * @throws CommandFailure when there is no file
 */
export async function restartOnChange(options: SettingsOptions): Promise<never> {
  const file = findIniFile(options);
  if (file === undefined) throw new CommandFailure('--reload needs a file with settings, which --ini names', MISUSE);
  let isStopping = false;
  let server: ChildProcess | undefined;
  for (const signal of PASSED_ON) {
    process.on(signal, () => {
      isStopping ||= signal !== 'SIGHUP';
      // A terminal tells both, and a second one would ask the server to hurry.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) server?.kill(signal);
      if (isStopping && server === undefined) process.exit(0);
    });
  }
  for (;;) {
    const changed = nextChange(file);
    server = startServer();
    const ended = once(server, 'exit') as Promise<[number | null]>;
    const first = await Promise.race([ended, changed]);
    if (first === 'changed') {
      say(options, `${file} has changed: starting again`);
      server.kill('SIGTERM');
    }
    const [code] = await ended;
    server = undefined;
    if (isStopping) process.exit(code ?? SIGNALLED);
    if (first === 'changed') continue;
    say(options, `The server has ended; it is started again when ${file} changes`);
    await changed;
  }
}

function startServer(): ChildProcess {
  const args = process.argv.slice(1).filter((arg) => arg !== '--reload');
  return spawn(process.execPath, [...process.execArgv, ...args], { stdio: 'inherit' });
}

/** Also when the file vanishes or is there again. */
function nextChange(file: string): Promise<'changed'> {
  return new Promise((resolve) => {
    watchFile(file, { interval: LOOK_EVERY }, (now, before) => {
      if (now.mtimeMs === before.mtimeMs && now.size === before.size) return;
      unwatchFile(file);
      resolve('changed');
    });
  });
}
