import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Commands } from '../support/command.js';

let commands: Commands;
beforeAll(() => (commands = new Commands()));
afterAll(() => commands.clear());
afterEach(() => {
  for (const name of Object.keys(commands.env)) delete commands.env[name];
});

/** A settings file with a database of its own. */
function settings(name: string, lines = ''): string {
  return commands.write(`${name}.ini`, `[app:main]\nkinto.storage_url = %(here)s/${name}.sqlite\n${lines}`);
}

describe('The command line', () => {
  it.each([
    ['no word at all', []],
    ['an unknown word', ['fly']],
    ['an unknown flag', ['migrate', '--fly']],
  ])('shows on stderr how it is used: %s', async (_, args) => {
    const { code, stdout, stderr } = await commands.run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: kumocast');
    expect(stdout).toBe('');
  });

  it('says its version as a command, too', async () => {
    const [command, flag] = await Promise.all([commands.run('version', '--ini', 'nowhere.ini'), commands.run('-V')]);
    expect(command).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string, stderr: '' });
    expect(flag.stdout).toBe(command.stdout);
  });
});

describe('The settings of a command', () => {
  it('come from --ini, else KINTO_INI, else the usual places, Kinto’s first', async () => {
    const own = new Commands();
    const database = async (...args: string[]) => (await own.run('migrate', '--dry-run', ...args)).stdout;
    expect(await database()).toContain(`${own.directory}/kumocast.sqlite lacks`);
    await own.run('init');
    expect(await database()).toContain(`${own.directory}/config/kumocast.sqlite lacks`);
    await own.run('init', '--ini', 'config/kinto.ini', '--backend', 'memory');
    expect(await database()).toBe('There is nothing to migrate in memory.\n');
    own.env.KINTO_INI = own.write('env.ini', '[app:main]\nkinto.storage_url = %(here)s/env.sqlite\n');
    expect(await database()).toContain(`${own.directory}/env.sqlite lacks`);
    const ini = own.write('flag.ini', '[app:main]\nkinto.storage_url = %(here)s/flag.sqlite\n');
    expect(await database('--ini', ini)).toContain(`${own.directory}/flag.sqlite lacks`);
    await own.clear();
  });
});

describe('kumocast migrate', () => {
  it('makes the tables, once, and before that says what there is to do', async () => {
    const ini = settings('migrate');
    const file = join(commands.directory, 'migrate.sqlite');
    const dry = await commands.run('migrate', '--ini', ini, '--dry-run');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/lacks StorageTables\d+\.\n.*lacks PermissionTables\d+\./);
    expect(existsSync(file)).toBe(false);

    const first = await commands.run('migrate', '--ini', ini);
    expect(first).toEqual({ code: 0, stdout: dry.stdout.replaceAll('lacks', 'has got'), stderr: '' });
    for (const args of [[], ['--dry-run']]) {
      const again = await commands.run('migrate', '--ini', ini, ...args);
      expect(again).toEqual({ code: 0, stdout: `${file} is up to date.\n`, stderr: '' });
    }
  });

  it('says nothing when it is asked to be quiet', async () => {
    const outcome = await commands.run('migrate', '--ini', settings('quiet'), '--quiet');
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(join(commands.directory, 'quiet.sqlite'))).toBe(true);
  });

  it('leaves the database as it is in readonly mode', async () => {
    const { code, stdout, stderr } = await commands.run('migrate', '--ini', settings('fixed', 'kinto.readonly = true'));
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('readonly');
    expect(existsSync(join(commands.directory, 'fixed.sqlite'))).toBe(false);
  });
});

describe('kumocast flush-cache', () => {
  it('says that the memory cache ends with the server', async () => {
    const { code, stdout } = await commands.run('flush-cache', '--ini', settings('flush'));
    expect(code).toBe(0);
    expect(stdout).toContain('restart the server');
  });
});

describe('kumocast init', () => {
  it('takes the backends that there are, and the address', async () => {
    const args = ['--backend', 'memory', '--cache-backend', 'memory', '--host', '0.0.0.0', '-q'];
    const outcome = await commands.run('init', '--ini', 'chosen.ini', ...args);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    const text = readFileSync(join(commands.directory, 'chosen.ini'), 'utf8');
    expect(text).toContain('kinto.storage_backend = memory\n');
    expect(text).not.toContain('storage_url =');
    expect(text).toContain('kinto.cache_backend = memory\n');
    expect(text).toContain('host = 0.0.0.0\n');
  });

  it.each([
    ['--backend', 'oracle'],
    ['--cache-backend', 'disk'],
  ])('refuses what there is not: %s %s', async (...args) => {
    const { code, stderr } = await commands.run('init', '--ini', 'refused.ini', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed choices are');
    expect(existsSync(join(commands.directory, 'refused.ini'))).toBe(false);
  });
});
