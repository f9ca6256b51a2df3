import { IsDefined, IsUrl, Matches, Max, Min, MinLength } from 'class-validator';
import { readSettings, Setting, settingProblem, SettingSource, SettingsError } from '../../src/settings/settings.js';

const DEFAULT_ORIGINS = ['*'];

class Sample {
  @Setting({
    key: 'batch_max_requests',
    type: 'integer',
    default: 25,
    sentence: 'How many requests one batch may hold.',
  })
  @Min(1)
  @Max(1000)
  batchMaxRequests!: number;

  @Setting({ key: 'paginate_by', type: 'integer', default: undefined, sentence: 'Objects of a page.' })
  @Min(1)
  paginateBy?: number;

  @Setting({ key: 'ratio', type: 'number', default: 0.5, sentence: 'A share.' })
  ratio!: number;

  @Setting({ key: 'readonly', type: 'boolean', default: false, sentence: 'Whether writes are refused.' })
  readonly!: boolean;

  @Setting({ key: 'project_version', type: 'string', default: '0.1', sentence: 'The version shown.' })
  projectVersion!: string;

  @Setting({ key: 'eos_url', type: 'string', default: undefined, sentence: 'Where the end is explained.' })
  eosUrl?: string;

  @Setting({ key: 'mode', type: 'string', default: 'fast', oneOf: ['fast', 'safe'], sentence: 'What matters.' })
  mode!: string;

  @Setting({ key: 'cors_origins', type: 'list', default: DEFAULT_ORIGINS, sentence: 'CORS origins allowed.' })
  corsOrigins!: readonly string[];

  @Setting({ key: 'actions', type: 'list', default: ['create'], oneOf: ['create', 'delete'], sentence: 'Actions.' })
  actions!: readonly string[];

  @Setting({ key: 'hmac_secret', type: 'string', default: undefined, secret: true, sentence: 'The secret.' })
  @MinLength(6)
  @Matches(/^\w+$/, { message: 'was $value, which is no word' })
  hmacSecret?: string;

  @Setting({ key: 'secret_number', type: 'integer', default: 0, secret: true, sentence: 'A number nobody sees.' })
  secretNumber!: number;
}

function read(lines: string, env: Record<string, string> = {}): Readonly<Sample> {
  return readSettings(Sample, SettingSource.fromText(`[app:main]\n${lines}\n`, { file: 'config/x.ini', env }));
}

describe('reading settings', () => {
  it('gives every row its default when nothing is set', () => {
    expect({ ...read('') }).toEqual({
      batchMaxRequests: 25,
      paginateBy: undefined,
      ratio: 0.5,
      readonly: false,
      projectVersion: '0.1',
      eosUrl: undefined,
      mode: 'fast',
      corsOrigins: ['*'],
      actions: ['create'],
      hmacSecret: undefined,
      secretNumber: 0,
    });
  });

  it.each<[line: string, property: keyof Sample, value: unknown]>([
    ['batch_max_requests = 10', 'batchMaxRequests', 10],
    ['batch_max_requests = +10', 'batchMaxRequests', 10],
    ['batch_max_requests = "10"', 'batchMaxRequests', 10],
    ['batch_max_requests =', 'batchMaxRequests', 25],
    ['paginate_by =', 'paginateBy', undefined],
    ['ratio = 1', 'ratio', 1],
    ['ratio = -1.5e-3', 'ratio', -0.0015],
    ['ratio =', 'ratio', 0.5],
    ['readonly =', 'readonly', false],
    ['readonly = "true"', 'readonly', true],
    ['project_version = 1.20', 'projectVersion', '1.20'],
    ['project_version = "1.20"', 'projectVersion', '1.20'],
    ['project_version = "a" and "b"', 'projectVersion', '"a" and "b"'],
    ['project_version = true', 'projectVersion', 'true'],
    ['project_version =', 'projectVersion', ''],
    ['eos_url =', 'eosUrl', undefined],
    ['mode = safe', 'mode', 'safe'],
    ['cors_origins = a b  c', 'corsOrigins', ['a', 'b', 'c']],
    ['cors_origins =\n  a\n\n  b c\n', 'corsOrigins', ['a', 'b', 'c']],
    ['cors_origins = ["a b", "c"]', 'corsOrigins', ['a b', 'c']],
    ['cors_origins = "a b"', 'corsOrigins', ['a', 'b']],
    ['cors_origins = [::1]:80', 'corsOrigins', ['[::1]:80']],
    ['cors_origins = []', 'corsOrigins', []],
    ['cors_origins =', 'corsOrigins', []],
    ['actions = delete create', 'actions', ['delete', 'create']],
  ])('reads %j', (line, property, value) => {
    expect(read(`kinto.${line}`)[property]).toEqual(value);
  });

  it.each(['t', 'true', 'Y', 'yes', 'ON', '1'])('reads %s as true', (word) => {
    expect(read(`readonly = ${word}`).readonly).toBe(true);
  });

  it.each(['f', 'False', 'n', 'no', 'OFF', '0'])('reads %s as false', (word) => {
    expect(read(`readonly = ${word}`, {}).readonly).toBe(false);
  });

  it('reads the environment before the file before the default', () => {
    expect(read('kinto.ratio = 2', { KINTO_RATIO: '3' }).ratio).toBe(3);
    expect(read('kinto.ratio = 2').ratio).toBe(2);
  });

  it('freezes what it gives, lists included, and shares no list with the row', () => {
    const settings = read('actions = delete');
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.corsOrigins)).toBe(true);
    expect(Object.isFrozen(settings.actions)).toBe(true);
    expect(settings.corsOrigins).not.toBe(DEFAULT_ORIGINS);
    expect(Object.isFrozen(DEFAULT_ORIGINS)).toBe(false);
  });

  it('gives an instance of the class', () => {
    expect(read('')).toBeInstanceOf(Sample);
  });
});

describe('a setting that cannot be used', () => {
  const HOW_MANY = '(how many requests one batch may hold)';

  it.each([
    ['batch_max_requests = abc', `kinto.batch_max_requests = abc: expected a whole number ${HOW_MANY}`],
    ['batch_max_requests = 1.5', `kinto.batch_max_requests = 1.5: expected a whole number ${HOW_MANY}`],
    ['batch_max_requests = 9007199254740993', `= 9007199254740993: expected a whole number ${HOW_MANY}`],
    ['batch_max_requests = 0x10', `kinto.batch_max_requests = 0x10: expected a whole number ${HOW_MANY}`],
    ['batch_max_requests = 0', `kinto.batch_max_requests = 0: must not be less than 1 ${HOW_MANY}`],
    ['paginate_by = 0', 'kinto.paginate_by = 0: must not be less than 1 (objects of a page)'],
    ['ratio = NaN', 'kinto.ratio = NaN: expected a number (a share)'],
    ['ratio = 1e999', 'kinto.ratio = 1e999: expected a number (a share)'],
    ['readonly = maybe', 'kinto.readonly = maybe: expected true or false (whether writes are refused)'],
    ['mode = slow', 'kinto.mode = slow: expected one of fast, safe (what matters)'],
    ['mode =', 'kinto.mode = : expected one of fast, safe (what matters)'],
    ['actions = create read', 'kinto.actions = create read: expected any of create, delete (actions)'],
    ['actions =\n  create\n  read', 'kinto.actions = create read: expected any of create, delete (actions)'],
    ['cors_origins = ["a", 1]', 'expected words separated by spaces or line breaks, or a JSON array of words (CORS'],
    ['cors_origins = ["a",', 'expected words separated by spaces or line breaks, or a JSON array of words (CORS'],
  ])('is named with its place, its value and what is expected: %j', (line, message) => {
    expect(() => read(`kinto.${line}`)).toThrow(SettingsError);
    expect(() => read(`kinto.${line}`)).toThrow(message);
    expect(() => read(`kinto.${line}`)).toThrow(/^config\/x\.ini line 2: kinto\.[^\n]*$/);
  });

  it('is named as it was written', () => {
    expect(() => read('\nkumocast.ratio = x')).toThrow('config/x.ini line 3: kumocast.ratio = x: expected a number');
    expect(() => read('ratio = x')).toThrow('config/x.ini line 2: ratio = x: expected a number');
    expect(() => read('', { KUMOCAST_RATIO: 'x' })).toThrow(
      'environment variable KUMOCAST_RATIO = x: expected a number',
    );
  });

  it.each([
    ['hmac_secret = hunt', 'config/x.ini line 2: hmac_secret: '],
    ['hmac_secret = hunter-2', 'config/x.ini line 2: hmac_secret: is not allowed (the secret)'],
    ['secret_number = hunter2', 'config/x.ini line 2: secret_number: expected a whole number'],
  ])('is named without its value when that is a secret: %s', (line, message) => {
    expect(() => read(line)).toThrow(message);
    expect(() => read(line)).not.toThrow('hunt');
  });

  it('is shown without the credentials of a URL, on one line, and not at any length', () => {
    const raw = (text: string) => settingProblem({ key: 'k', text, origin: 'x.ini line 1' }, 'no').message;
    expect(raw('postgresql://user:p@ss/w@host/db')).toBe('x.ini line 1 = postgresql://***@host/db: no');
    expect(raw('a\nb\u001b[2Jc')).toBe('x.ini line 1 = a b [2Jc: no');
    expect(raw('x'.repeat(1000))).toBe(`x.ini line 1 = ${'x'.repeat(80)}…: no`);
  });

  it('may be one that is missing', () => {
    class Needy {
      @Setting({ key: 'app_id', type: 'string', default: undefined, sentence: 'The application.' })
      @IsDefined({ message: 'is needed' })
      appId!: string;
    }
    const source = SettingSource.fromText('');
    expect(() => readSettings(Needy, source)).toThrow(
      new SettingsError('app_id', 'is not set: is needed (the application)'),
    );
    expect(() => readSettings(Needy, source, { prefixes: ['event_listeners.live.', 'pusher.'] })).toThrow(
      'event_listeners.live.app_id: is not set',
    );
  });

  it('may be one item of a list', () => {
    class Hooks {
      @Setting({ key: 'urls', type: 'list', default: [], sentence: 'Where to.' })
      @IsUrl({}, { each: true })
      urls!: readonly string[];
    }
    const source = SettingSource.fromText('[app:main]\nurls = https://example.com/ nowhere\n', { file: 'x.ini' });
    expect(() => readSettings(Hooks, source)).toThrow(
      'x.ini line 2: urls = https://example.com/ nowhere: each value must be a URL address (where to)',
    );
  });
});

describe('reading settings under prefixes', () => {
  class Listener {
    @Setting({ key: 'app_id', type: 'string', default: 'none', sentence: 'The application.' })
    appId!: string;

    @Setting({ key: 'port', type: 'integer', default: 80, sentence: 'The port.' })
    port!: number;
  }
  const prefixes = ['event_listeners.live.', 'pusher.'];

  it('takes the first that has the row, and the default when none does', () => {
    const source = SettingSource.fromText('[app:main]\npusher.app_id = shared\nevent_listeners.live.app_id = own\n');
    expect({ ...readSettings(Listener, source, { prefixes }) }).toEqual({ appId: 'own', port: 80 });
  });

  it('takes the more specific key even when the environment has the shared one', () => {
    const source = SettingSource.fromText('[app:main]\nevent_listeners.live.app_id = own\n', {
      env: { KINTO_PUSHER_APP_ID: 'shared', KINTO_EVENT_LISTENERS_LIVE_PORT: '81' },
    });
    expect({ ...readSettings(Listener, source, { prefixes }) }).toEqual({ appId: 'own', port: 81 });
  });

  it('does not read the bare key', () => {
    const source = SettingSource.fromText('[app:main]\napp_id = bare\n');
    expect(readSettings(Listener, source, { prefixes }).appId).toBe('none');
  });

  it('knows every key it might have read, also those another one goes before', () => {
    const source = SettingSource.fromText(
      '[app:main]\nkinto.pusher.app_id = a\nkinto.event_listeners.live.app_id = b\nkinto.event_listeners.live.prot = 1\n',
    );
    readSettings(Listener, source, { prefixes });
    expect(source.unknownKeys().map(({ key }) => key)).toEqual(['event_listeners.live.prot']);
  });
});
