import { checkExample, readSettings, renderExample, Setting, SettingSource } from '../../src/settings/settings.js';

const LONG =
  'A sentence that goes on for so long that it cannot stand on one line of the file and must be broken, ' +
  'at a space, into two of them.';

class Core {
  @Setting({ key: 'readonly', type: 'boolean', default: false, sentence: 'Whether writes are refused.' })
  readonly!: boolean;

  @Setting({ key: 'paginate_by', type: 'integer', default: undefined, sentence: LONG })
  paginateBy?: number;

  @Setting({ key: 'actions', type: 'list', default: ['create', 'update'], sentence: 'What to tell.' })
  actions!: readonly string[];

  @Setting({ key: 'mode', type: 'string', default: 'fast', oneOf: ['fast', 'safe'], sentence: 'What matters.' })
  mode!: string;
}

class Listener {
  @Setting({ key: 'share', type: 'string', default: '100%', sentence: 'How much.' })
  share!: string;

  @Setting({ key: 'greeting', type: 'string', default: ' "hi"\n', sentence: 'What to say.' })
  greeting!: string;

  @Setting({ key: 'names', type: 'list', default: ['a b', 'c'], sentence: 'Whom to greet.' })
  names!: readonly string[];
}

const GROUPS = [
  { title: 'Features', type: Core },
  { title: 'Listeners', type: Listener, prefix: 'event_listeners.live.' },
];
const EXAMPLE = `# Every setting, what it does, and its default.

[app:main]

# ---- Features ${'-'.repeat(84)}

# Whether writes are refused.
# kinto.readonly = false

# A sentence that goes on for so long that it cannot stand on one line of the file and must be broken,
# at a space, into two of them.
# kinto.paginate_by =

# What to tell.
# kinto.actions = create update

# What matters.
# One of: fast, safe.
# kinto.mode = fast

# ---- Listeners ${'-'.repeat(83)}

# How much.
# kinto.event_listeners.live.share = 100%%

# What to say.
# kinto.event_listeners.live.greeting = " \\"hi\\"\\n"

# Whom to greet.
# kinto.event_listeners.live.names = ["a b","c"]
`;

describe('the example file', () => {
  it('is written from the rows', () => {
    expect(renderExample(GROUPS)).toBe(EXAMPLE);
  });

  it('passes its own check', () => {
    expect(checkExample(EXAMPLE, GROUPS)).toEqual([]);
  });

  it('means the defaults, both as it is and with every line made active', () => {
    for (const text of [EXAMPLE, EXAMPLE.replace(/^# (?=kinto\.)/gm, '')]) {
      const source = SettingSource.fromText(text);
      const nothing = SettingSource.fromText('');
      expect(readSettings(Core, source)).toEqual(readSettings(Core, nothing));
      const options = { prefixes: ['event_listeners.live.'] };
      expect(readSettings(Listener, source, options)).toEqual(readSettings(Listener, nothing, options));
      expect(source.unknownKeys()).toEqual([]);
    }
  });

  it('has a key that two classes share only once', () => {
    const groups = [...GROUPS, { title: 'Again', type: Core }];
    expect(renderExample(groups)).toBe(EXAMPLE);
    expect(checkExample(EXAMPLE, groups)).toEqual([]);
  });

  it('may have settings active, in any spelling and on several lines, and other sections', () => {
    const text = EXAMPLE.replace('# kinto.readonly =', 'kumocast.readonly =')
      .replace('# kinto.mode', 'mode')
      .replace('# kinto.actions = create update', 'kinto.actions =\n  create\n  update')
      .replace('[app:main]', '[server:main]\nport = %(http_port)s\n\n[app:main]\nuse = egg:kinto');
    expect(checkExample(text, GROUPS)).toEqual([]);
  });

  it.each([
    ['a row is missing', '# kinto.readonly = false\n', '', ['readonly is missing']],
    [
      'a default differs',
      'readonly = false',
      'readonly = true',
      ['readonly is shown as "true", its default is "false"'],
    ],
    [
      'a sentence differs',
      '# Whom to greet.',
      '# Who.',
      ['event_listeners.live.names lacks its sentence: Whom to greet.'],
    ],
    [
      'a sentence is not right above',
      'refused.\n',
      'refused.\n\n',
      ['readonly lacks its sentence: Whether writes are refused.'],
    ],
    [
      'a key is no row',
      '# kinto.mode',
      '# kinto.old = 1\n# What matters.\n# kinto.mode',
      ['old in line 19 is not a setting'],
    ],
    [
      'a key is there twice',
      '# kinto.mode',
      'kinto.readonly = 1\n# kinto.mode',
      ['example line 19: kinto.readonly is given a second time (first in line 8)'],
    ],
    ['the section is missing', '[app:main]', '[app]', ['readonly is missing', 'paginate_by is missing']],
  ])('is found wrong when %s', (_title, part, replacement, problems) => {
    const found = checkExample(EXAMPLE.replace(part, replacement), GROUPS);
    expect(found).toEqual(expect.arrayContaining(problems));
  });
});
