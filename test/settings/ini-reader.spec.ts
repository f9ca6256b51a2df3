import fc from 'fast-check';
import { readIni } from '../../src/settings/ini-reader.js';
import { SettingsError } from '../../src/settings/settings-error.js';

const OPTIONS = { file: 'config/x.ini', here: '/srv/config' };

function valuesOf(text: string, section = 's', variables: Record<string, string> = {}): Record<string, string> {
  const values = readIni(text, { ...OPTIONS, variables }).findSection(section);
  if (values === undefined) throw new Error(`no section ${section}`);
  return Object.fromEntries([...values].map(([key, { text: value }]) => [key, value]));
}

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** What Python 3.11's ConfigParser, with PasteDeploy's `optionxform = str`, makes of the section `[s]` of each text. */
const AS_PYTHON_READS: readonly (readonly [title: string, text: string, values: Record<string, string>])[] = [
  ['splits at the first sign, = or :', '[s]\na = 1\nb : 2\nc:d=e\nf=g:h\n', { a: '1', b: '2', c: 'd=e', f: 'g:h' }],
  ['keeps the case of keys', '[s]\n{Bucket}.X = 1\n{bucket}.x = 2\n', { '{Bucket}.X': '1', '{bucket}.x': '2' }],
  ['needs no space around the sign', '[s]\na=1\nb  =  2  \n', { a: '1', b: '2' }],
  ['keeps spaces within a key', '[s]\nset debug = false\n', { 'set debug': 'false' }],
  ['drops comments of a whole line', '[s]\n# a = 1\n; b = 2\n  # c = 3\nd = 4\n', { d: '4' }],
  ['knows no comments after a value', '[s]\na = 1 # one\nb = 2 ; two\n', { a: '1 # one', b: '2 ; two' }],
  ['continues a value on deeper lines', '[s]\na = 1\n  2\n\t3\nb = 4\n', { a: '1\n2\n3', b: '4' }],
  ['keeps the line break before a value that starts below', '[s]\na =\n  1\n  2\n', { a: '\n1\n2' }],
  ['drops comments inside a value', '[s]\na = 1\n  # no\n# nor this\n  2\n', { a: '1\n2' }],
  ['keeps blank lines inside a value', '[s]\na = 1\n\n  2\n\n\nb = 3\n', { a: '1\n\n2', b: '3' }],
  ['compares depth with the key of the value', '[s]\n  a = 1\n    2\n  b = 3\n c = 4\n', { a: '1\n2', b: '3', c: '4' }],
  ['takes what looks like a key, indented, for more value', '[s]\na = 1\n  b = 2\n', { a: '1\nb = 2' }],
  ['takes what looks like a section, indented, for more value', '[s]\na = 1\n  [t]\n', { a: '1\n[t]' }],
  ['begins a section with an indented key', '[s]\n   a = 1\n', { a: '1' }],
  ['drops what follows a header', '[s] whatever\na = 1\n', { a: '1' }],
  ['reads an empty value', '[s]\na =\nb = \n', { a: '', b: '' }],
  ['inherits from [DEFAULT]', '[DEFAULT]\na = 1\nb = 2\n[s]\nb = 3\n', { b: '3', a: '1' }],
  ['joins several [DEFAULT] sections', '[DEFAULT]\na = 1\n[s]\nb = 2\n[DEFAULT]\nc = 3\n', { b: '2', a: '1', c: '3' }],
  ['interpolates from the same section', '[s]\na = x%(b)sz\nb = y\n', { a: 'xyz', b: 'y' }],
  ['interpolates from [DEFAULT]', '[DEFAULT]\nb = y\n[s]\na = %(b)s%(b)s\n', { a: 'yy', b: 'y' }],
  ['lets a default speak of the section', '[DEFAULT]\na = <%(b)s>\n[s]\nb = own\n', { b: 'own', a: '<own>' }],
  ['interpolates what was interpolated', '[s]\na = %(b)s\nb = %(c)s\nc = 1\n', { a: '1', b: '1', c: '1' }],
  ['reads %% as a percent sign', '[s]\na = 100%%\nb = %%(a)s\nc = %(a)s\n', { a: '100%', b: '%(a)s', c: '100%' }],
  ['interpolates across lines', '[s]\na =\n  %(b)s\n  2\nb = 1\n', { a: '\n1\n2', b: '1' }],
  ['reads CRLF and CR', '[s]\r\na = 1\r\n  2\rb = 3\r\n', { a: '1\n2', b: '3' }],
  ['reads other alphabets', '[s]\nключ = värde 雲\n', { ключ: 'värde 雲' }],
  [
    'treats names of JavaScript like any other',
    '[s]\nconstructor = 1\ntoString = 2\n',
    { constructor: '1', toString: '2' },
  ],
];

describe('the INI reader', () => {
  it.each(AS_PYTHON_READS)('%s, as Python does', (_title, text, values) => {
    expect(valuesOf(text)).toEqual(values);
  });

  it('reads a key called __proto__ as any other', () => {
    expect(readIni('[s]\n__proto__ = 1\n', OPTIONS).findSection('s')?.get('__proto__')?.text).toBe('1');
  });

  it('tolerates a byte order mark', () => {
    expect(valuesOf('\uFEFF[s]\na = 1\n')).toEqual({ a: '1' });
  });

  it('tells where each key stands and what was inherited', () => {
    const values = readIni('[DEFAULT]\na = 1\n\n[s]\n# note\nb = 2\n  3\nc = 4\n', OPTIONS).findSection('s');
    expect([...(values?.values() ?? [])]).toEqual([
      { key: 'b', text: '2\n3', line: 6, inherited: false },
      { key: 'c', text: '4', line: 8, inherited: false },
      { key: 'a', text: '1', line: 2, inherited: true },
    ]);
  });

  it('lists its sections without [DEFAULT], and finds no others', () => {
    const ini = readIni('[DEFAULT]\n[b]\n[a]\n', OPTIONS);
    expect(ini.sections).toEqual(['b', 'a']);
    expect(ini.findSection('c')).toBeUndefined();
  });

  it('knows here, __file__ and the variables it was given', () => {
    const text = '[s]\na = %(here)s/x\nb = %(__file__)s\nc = %(http_port)s\n';
    expect(valuesOf(text, 's', { http_port: '8888' })).toEqual({
      a: '/srv/config/x',
      b: '/srv/config/x.ini',
      c: '8888',
    });
  });

  it('prefers what the file defines to a variable, as PasteDeploy does', () => {
    const text = '[DEFAULT]\nhttp_port = 1\n[s]\na = %(http_port)s\n';
    expect(valuesOf(text, 's', { http_port: '2' }).a).toBe('1');
  });

  it('takes the value of a variable as it is, percent signs included', () => {
    expect(valuesOf('[s]\na = %(v)s\n', 's', { v: '50%(off)s' }).a).toBe('50%(off)s');
  });

  it('leaves a section alone that nobody asks for', () => {
    const ini = readIni('[s]\na = 1\n[formatter_generic]\nformat = %(asctime)s 100%\n', OPTIONS);
    expect(ini.findSection('s')?.get('a')?.text).toBe('1');
    expect(() => ini.findSection('formatter_generic')).toThrow(SettingsError);
  });
});

describe('the INI reader refuses', () => {
  it.each([
    ['a key outside of a section', 'a = 1\n', 'line 1: expected a section'],
    ['a line that is neither key nor section', '[s]\n\nwhatever\n', 'line 3: expected key = value'],
    ['a value without a key', '[s]\n= 1\n', 'line 2: expected key = value'],
    ['an empty header', '[]\n', 'line 1: expected a section'],
    ['a key given twice', '[s]\na = 1\nb = 2\na = 1\n', 'line 4: a is given a second time (first in line 2)'],
    ['a section given twice', '[s]\n[t]\n[s]\n', 'line 3: there is a second section [s]'],
    ['a lone percent sign', '[s]\nx = 1\na = 100%\n', 'line 3: a has a lone % sign'],
    ['a percent sign before anything else', '[s]\na = %d\n', 'line 2: a has a lone % sign'],
    ['an unfinished reference', '[s]\na = %(b\n', 'line 2: a has a lone % sign'],
    ['a reference of another kind', '[s]\na = %(b)d\nb = 1\n', 'line 2: a has a lone % sign'],
    ['a reference to nothing', '[s]\na = %(b)s\n', 'line 2: a refers to %(b)s, which nothing defines'],
    ['a name that every object has', '[s]\na = %(toString)s\n', 'line 2: a refers to %(toString)s'],
    ['a value that refers to itself', '[s]\na = %(a)s\n', 'line 2: a refers to other values more than 10 levels deep'],
  ])('%s, with the file, the line and the reason', (_title, text, message) => {
    const problem = problemOf(() => readIni(text, OPTIONS).findSection('s'));
    expect(problem).toContain('config/x.ini ' + message);
    expect(problem).not.toContain('\n');
  });

  it.each(['[s]\nhunter2\n', '[s]\na = hunter2%\n', '[s]\na = %(hunter2 hunter2)s\n', '[s]\na = 1\na = hunter2\n'])(
    'without repeating a value, which may be a secret: %j',
    (text) => {
      expect(problemOf(() => readIni(text, OPTIONS).findSection('s'))).not.toContain('hunter2');
    },
  );

  it('references that multiply, before they take time or memory', () => {
    const wide = (last: string) =>
      '[s]\n' +
      Array.from({ length: 9 }, (_, n) => `a${n} = ${`%(a${n + 1})s`.repeat(100)}\n`).join('') +
      `a9 = ${last}\n`;
    expect(problemOf(() => readIni(wide(''), OPTIONS).findSection('s'))).toContain('references');
    expect(problemOf(() => readIni(wide('x'.repeat(100_000)), OPTIONS).findSection('s'))).toContain('characters');
  });

  it('nothing but what it can name: any text is read, or refused with a SettingsError of one line', () => {
    const piece = fc.constantFrom(
      '[s]',
      '[',
      ']',
      '=',
      ':',
      '%',
      '%(',
      ')s',
      '%(a)s',
      'a',
      'b',
      ' ',
      '\n',
      '\r\n',
      '#',
      ';',
      '\0',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (tail) => {
        try {
          const ini = readIni('[s]\n' + tail, OPTIONS);
          for (const section of ini.sections) ini.findSection(section);
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
          expect((error as Error).message).not.toMatch(/[\r\n]/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('no file that was written plainly: it reads back as it was', () => {
    const key = fc.stringMatching(/^[a-zA-Z_{][\w.{}-]{0,20}$/);
    const value = fc.array(fc.stringMatching(/^[!-~]{0,30}$/), { maxLength: 3 }).map((words) => words.join(' ').trim());
    const section = fc.dictionary(key, value, { maxKeys: 8 });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z:]{0,10}$/), section, { maxKeys: 4 }), (sections) => {
        const text = Object.entries(sections)
          .map(([name, values]) => {
            const lines = Object.entries(values).map(([k, v]) => `${k} = ${v.replaceAll('%', '%%')}\n`);
            return `[${name}]\n${lines.join('')}`;
          })
          .join('');
        for (const [name, values] of Object.entries(sections)) expect(valuesOf(text, name)).toEqual({ ...values });
      }),
      { numRuns: 200 },
    );
  });
});
