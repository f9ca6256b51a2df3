import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processEnvironment, SettingSource, SettingsError } from '../../src/settings/settings.js';

function sourceOf(lines: string, env: Record<string, string | undefined> = {}): SettingSource {
  return SettingSource.fromText(`[app:main]\n${lines}`, { file: 'config/x.ini', env });
}

describe('a setting source', () => {
  it.each(['kinto.storage_url', 'kumocast.storage_url', 'storage_url'])('reads %s as one setting', (written) => {
    const expected = { key: 'storage_url', text: 'x', origin: 'config/x.ini line 2', written };
    expect(sourceOf(`${written} = x\n`).find('storage_url')).toEqual(expected);
    expect(sourceOf(`${written} = x\n`).find('kinto.storage_url')).toEqual(expected);
  });

  it('accepts the same key in several spellings when they agree', () => {
    expect(sourceOf('kinto.a = 1\nkumocast.a = 1\na = 1\n').find('a')?.text).toBe('1');
  });

  it('refuses the same key in two spellings with two values, naming both and no value', () => {
    expect(() => sourceOf('kinto.a = hunter1\nb = 1\nkumocast.a = hunter2\n')).toThrow(
      new SettingsError(
        'config/x.ini line 4',
        'kumocast.a contradicts kinto.a of config/x.ini line 2: they are one setting, give it once',
      ),
    );
  });

  it('lets a value of [app:main] go before an inherited one, whatever the spelling', () => {
    const source = SettingSource.fromText('[DEFAULT]\na = 1\nb = 2\n[app:main]\nkinto.a = 3\n');
    expect(source.find('a')?.text).toBe('3');
    expect(source.find('b')?.text).toBe('2');
  });

  it('refuses two inherited spellings that contradict each other', () => {
    expect(() => SettingSource.fromText('[DEFAULT]\na = 1\nkinto.a = 2\n[app:main]\n')).toThrow('contradicts a of');
  });

  it('finds nothing where nothing is', () => {
    expect(sourceOf('').find('a')).toBeUndefined();
    expect(SettingSource.fromText('# nothing yet\n').find('a')).toBeUndefined();
    expect(sourceOf('').find('constructor')).toBeUndefined();
  });

  it('lists the keys under a prefix in the order of the file, whatever their spelling', () => {
    const source = sourceOf('kinto.p.b = 1\nq = 2\np.a = 3\nkumocast.p.C = 4\n');
    expect(source.keysUnder('p.')).toEqual(['p.b', 'p.a', 'p.C']);
  });
});

describe('the environment', () => {
  it.each([
    ['storage_url', 'KINTO_STORAGE_URL'],
    ['storage_url', 'KUMOCAST_STORAGE_URL'],
    ['event_listeners.redis.use', 'KINTO_EVENT_LISTENERS_REDIS_USE'],
    ['user-data_delete_principals', 'KINTO_USER_DATA_DELETE_PRINCIPALS'],
  ])('sets %s by %s, also when the file does not have it', (key, variable) => {
    const found = { key, text: 'env', origin: `environment variable ${variable}` };
    expect(sourceOf('', { [variable]: 'env' }).find(key)).toEqual(found);
    expect(sourceOf(`kinto.${key} = file\n`, { [variable]: 'env' }).find(key)).toEqual(found);
    expect(SettingSource.load({ env: { [variable]: 'env' } }).find(key)).toEqual(found);
  });

  it('is not obeyed without a prefix, since a neighbour may have meant something else', () => {
    expect(sourceOf('readonly = false\n', { READONLY: 'true' }).find('readonly')?.text).toBe('false');
  });

  it('empties a setting with an empty variable, and leaves it with an absent one', () => {
    expect(sourceOf('a = 1\n', { KINTO_A: '' }).find('a')?.text).toBe('');
    expect(sourceOf('a = 1\n', { KINTO_A: undefined }).find('a')?.text).toBe('1');
  });

  it('may say the same under both prefixes, but not two things', () => {
    expect(sourceOf('', { KINTO_A: '1', KUMOCAST_A: '1' }).find('a')?.text).toBe('1');
    expect(() => sourceOf('', { KINTO_A: 'hunter1', KUMOCAST_A: 'hunter2' }).find('a')).toThrow(
      new SettingsError('environment variable KUMOCAST_A', 'contradicts KINTO_A: set one of them'),
    );
  });

  it('is the one of this process, as it was when asked', () => {
    const env = processEnvironment();
    expect(env.PATH).toBe(process.env.PATH);
    expect(Object.isFrozen(env)).toBe(true);
  });
});

describe('the keys nobody asked for', () => {
  it('are those with a prefix that were never looked up', () => {
    const source = sourceOf('kinto.known = 1\nkinto.strange = 2\nkumocast.odd = 3\npyramid.reload = 4\n');
    source.find('known');
    source.find('absent');
    expect(source.unknownKeys().map(({ written, origin }) => [written, origin])).toEqual([
      ['kinto.strange', 'config/x.ini line 3'],
      ['kumocast.odd', 'config/x.ini line 4'],
    ]);
    expect(source.keysRead).toEqual(['known', 'absent']);
  });

  it('are not those the environment overrides', () => {
    const source = sourceOf('kinto.known = 1\n', { KINTO_KNOWN: '2' });
    source.find('known');
    expect(source.unknownKeys()).toEqual([]);
  });
});

describe('the section [server:main]', () => {
  const server = (lines: string, variables: Record<string, string> = {}) =>
    SettingSource.fromText(`[app:main]\n[server:main]\n${lines}`, { file: 'x.ini', variables }).server;

  it('says where to listen', () => {
    expect(server('use = egg:waitress#main\nhost = 0.0.0.0\nport = %(http_port)s\n', { http_port: '8888' })).toEqual({
      host: '0.0.0.0',
      port: 8888,
    });
  });

  it('may be absent or incomplete', () => {
    expect(server('host =\nport = 0\n')).toEqual({ port: 0 });
    expect(sourceOf('').server).toEqual({});
    expect(SettingSource.load({ env: {} }).server).toEqual({});
  });

  it.each(['http', '-1', '65536', '1.5'])('refuses the port %s', (port) => {
    expect(() => server(`port = ${port}\n`)).toThrow(
      new SettingsError(`x.ini line 3: port = ${port}`, 'expected a port number from 0 to 65535'),
    );
  });

  it('is not read before it is asked for', () => {
    const source = SettingSource.fromText('[app:main]\na = 1\n[server:main]\nport = %(http_port)s\n');
    expect(source.find('a')?.text).toBe('1');
    expect(() => source.server).toThrow('port refers to %(http_port)s, which nothing defines');
  });
});

describe('a settings file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kumocast-settings-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function load(bytes: string | Uint8Array, variables = {}): SettingSource {
    const iniFile = join(directory, 'x.ini');
    writeFileSync(iniFile, bytes);
    return SettingSource.load({ iniFile, env: {}, variables });
  }

  it('is read from its path, which %(here)s is the directory of', () => {
    const source = load('\uFEFF[app:main]\r\na = %(here)s/y:%(port)s\r\n', { port: '1' });
    expect(source.find('a')?.text).toBe(`${directory}/y:1`);
  });

  it('is named when it is missing', () => {
    const iniFile = join(directory, 'absent.ini');
    expect(() => SettingSource.load({ iniFile, env: {} })).toThrow(SettingsError);
    expect(() => SettingSource.load({ iniFile, env: {} })).toThrow(`${iniFile}: there is no such file`);
  });

  it('is named when it cannot be read', () => {
    expect(() => SettingSource.load({ iniFile: directory, env: {} })).toThrow(`${directory}: cannot be read (EISDIR)`);
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => load(Uint8Array.from([0xff, 0xfe, 0x5b, 0x00]))).toThrow('is not UTF-8 text');
  });

  it('is refused without [app:main]: its settings would be lost in silence', () => {
    expect(() => load('[app:kinto]\nkinto.readonly = true\n')).toThrow('there is no section [app:main]');
  });

  it('is refused when it builds on another one, which would not be read', () => {
    expect(() => load('[app:main]\nuse = config:other.ini\n')).toThrow(
      'line 2: use = config:other.ini: only egg:kinto',
    );
  });
});
