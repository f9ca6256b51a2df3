import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BusSettings } from '../../src/bus/bus.settings.js';
import { CacheSettings } from '../../src/cache/cache.settings.js';
import { readIni, readSettings, SettingSource } from '../../src/settings/settings.js';
import { StorageSettings } from '../../src/storage/storage.settings.js';
import { Commands } from '../support/command.js';
import { basicAuth } from '../support/server.js';

let commands: Commands;
beforeAll(() => (commands = new Commands()));
afterAll(() => commands.clear());

/** The values of the file whose keys speak of a secret. */
function secretsIn(file: string): string[] {
  const ini = readIni(readFileSync(file, 'utf8'), { file, here: commands.directory });
  const values = [...(ini.findSection('app:main')?.values() ?? [])];
  return values.filter(({ key }) => key.endsWith('secret')).map(({ text }) => text);
}

describe('kumocast init', () => {
  it('writes a file for its owner alone, with secrets that nobody else has, and says none of them', async () => {
    const outcomes = await Promise.all([commands.run('init'), commands.run('init', '--ini', 'other/my.ini')]);
    const files = [join(commands.directory, 'config/kumocast.ini'), join(commands.directory, 'other/my.ini')];
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
    const secrets = files.flatMap(secretsIn);
    expect(secrets).toHaveLength(6);
    expect(new Set(secrets).size).toBe(6);
    for (const secret of secrets) {
      expect(secret).toMatch(/^[0-9a-f]{64}$/);
      for (const { stdout, stderr } of outcomes) expect(stdout + stderr).not.toContain(secret);
    }
  });

  it('names the services that were asked for, and a key for each of them that can be set', async () => {
    const file = join(commands.directory, 'services.ini');
    const words = ['--backend', 'postgresql', '--cache-backend', 'redis', '--host', '0.0.0.0'];
    expect((await commands.run('init', '--ini', file, ...words)).code).toBe(0);
    const source = SettingSource.load({ iniFile: file, env: {}, variables: {} });
    expect(readSettings(StorageSettings, source)).toMatchObject({
      storageBackend: 'postgresql',
      storageUrl: 'postgresql://postgres:postgres@localhost:5432/kumocast',
    });
    expect(readSettings(CacheSettings, source)).toMatchObject({ cacheBackend: 'redis' });
    expect(readSettings(BusSettings, source)).toMatchObject({ url: 'redis://localhost:6379/0' });
    expect(source.server).toEqual({ host: '0.0.0.0', port: 8888 });
  });

  it('never overwrites a file: its secrets are who everybody is', async () => {
    const file = commands.write('precious.ini', 'mine');
    const { code, stderr } = await commands.run('init', '--ini', file);
    expect(code).toBe(1);
    expect(stderr).toBe(`kumocast: ${file} already exists.\n`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('writes what a server starts with, which keeps what it is given', async () => {
    const file = join(commands.directory, 'kept.ini');
    await commands.run('init', '--ini', file);
    const record = '/v1/buckets/default/collections/tasks/records/r';
    const headers = { authorization: basicAuth('mat'), 'content-type': 'application/json' };

    const first = commands.start('start', '--ini', file, '--port', '0');
    const body = '{"data":{"n":1}}';
    const put = await fetch((await first.url()) + record, { method: 'PUT', headers, body });
    expect(put.status).toBe(201);
    first.kill('SIGTERM');
    const outcome = await first.ended;
    expect(outcome.code).toBe(0);
    for (const secret of secretsIn(file)) expect(outcome.stdout + outcome.stderr).not.toContain(secret);

    const second = commands.start('start', '--ini', file, '--port', '0');
    const got = await fetch((await second.url()) + record, { headers });
    expect(await got.json()).toMatchObject({ data: { id: 'r', n: 1 } });
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });
});
