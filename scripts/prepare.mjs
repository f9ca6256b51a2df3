import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json, whatever directory the command was given in. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const LOCK_FILE = 'package-lock.json';

/** npm writes it at the end of an installation, and not otherwise. */
const INSTALLED = join('node_modules', '.package-lock.json');

/** Ours, written at the end of a build; the build empties dist/ first, so that half a build has none. */
const BUILT = join('dist', '.built');

/** Installs what package-lock.json names, unless that has been done since the file last changed. */
export function ensureInstalled() {
  if (modified(INSTALLED) >= modified(LOCK_FILE)) return;
  console.error('Installing what package-lock.json names (npm ci) …');
  const npm = process.env.npm_execpath;
  const done =
    npm !== undefined && existsSync(npm) && /\.[cm]?js$/.test(npm)
      ? run(process.execPath, [npm, 'ci'])
      : // npm is a batch file on Windows, which only a shell can start. No word of it comes from outside.
        run('npm', ['ci'], { shell: process.platform === 'win32' });
  ensureSucceeded(done, 'npm ci');
}

/** Builds dist/, unless nothing that goes into it has changed since it was built. */
export function ensureBuilt() {
  if (modified(BUILT) > newestSource()) return;
  console.error('Building dist/ …');
  const begun = new Date();
  ensureSucceeded(run(process.execPath, [join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build']), 'build');
  writeFileSync(join(ROOT, BUILT), 'When this was built, as the time of the file.\n');
  // The time it began: what was saved while it ran may have come too late for it.
  utimesSync(join(ROOT, BUILT), begun, begun);
}

function newestSource() {
  const settings = readdirSync(ROOT).filter((name) => /^tsconfig.*\.json$/.test(name));
  // Directories count too: a file that was removed leaves its trace only there.
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true }).map((name) => join('src', name));
  return Math.max(...[LOCK_FILE, 'nest-cli.json', 'src', ...settings, ...sources].map(modified));
}

/** ms since the epoch; 0 when there is no such file. */
function modified(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Arguments are passed as they are: without a shell, no space or sign in a path means anything. */
function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

function ensureSucceeded({ status, signal, error }, what) {
  if (status === 0) return;
  console.error(`${what} failed${error === undefined ? '' : `: ${error.message}`}${signal ? ` (${signal})` : ''}`);
  process.exit(status || 1);
}
