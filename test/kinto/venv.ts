import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The version that kumocast is compared with. Another one has other defects. */
const KINTO = 'kinto==26.5.0';

/**
 * Not everything that Kinto imports is among what it asks for: its PostgreSQL backend and its metrics are optional
 * there, and its attachments import a module that newer setuptools have no more.
 */
const PACKAGES = [
  KINTO,
  ...['psycopg2-binary', 'SQLAlchemy', 'zope.sqlalchemy'],
  ...['prometheus-client', 'requests', 'PyJWT[crypto]', 'setuptools<81'],
];

/** Without what it asks for, which is for storing files at Google. */
const ATTACHMENTS = 'kinto-attachment==8.0.0';

/** Python's names of what must be there. */
const MODULES = ['kinto', 'kinto_attachment', 'prometheus_client', 'psycopg2', 'pkg_resources', 'jwt', 'requests'];

/**
 * The program `kinto` in a Python environment that has it, made when there is none yet.
 *
 * @param directory of the environment; the variable KINTO_VENV names another one
 * @throws Error when Python or the packages cannot be had
 */
export function ensureKinto(directory: string): string {
  const venv = process.env.KINTO_VENV ?? directory;
  const program = join(venv, 'bin', 'kinto');
  const python = join(venv, 'bin', 'python');
  if (existsSync(program) && isComplete(python)) return program;
  console.error(`Installing ${KINTO} and ${ATTACHMENTS} into ${venv} …`);
  if (!existsSync(python)) run('python3', ['-m', 'venv', venv]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  run(python, [...install, ...PACKAGES]);
  run(python, [...install, '--no-deps', ATTACHMENTS]);
  return program;
}

/** Whether the modules are there; none of them is run for that. */
function isComplete(python: string): boolean {
  const code = `import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in ${JSON.stringify(MODULES)}))`;
  return spawnSync(python, ['-c', code], { stdio: 'ignore' }).status === 0;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
}
