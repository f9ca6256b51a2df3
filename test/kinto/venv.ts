import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The version that kumocast is compared with. Another one has other defects. */
const KINTO = 'kinto==26.5.0';

/** Not everything that Kinto imports is among what it asks for: its PostgreSQL backend is optional there. */
const PACKAGES = [KINTO, 'psycopg2-binary', 'SQLAlchemy', 'zope.sqlalchemy'];

/**
 * The program `kinto` in a Python environment that has it, made when there is none yet.
 *
 * @param directory of the environment; the variable KINTO_VENV names another one
 * @throws Error when Python or the packages cannot be had
 */
export function ensureKinto(directory: string): string {
  const venv = process.env.KINTO_VENV ?? directory;
  const program = join(venv, 'bin', 'kinto');
  if (existsSync(program)) return program;
  console.error(`Installing ${KINTO} into ${venv} …`);
  run('python3', ['-m', 'venv', venv]);
  run(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
  return program;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
}
