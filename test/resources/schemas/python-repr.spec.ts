import { pythonRepr, pythonReprs } from '../../../src/resources/schemas/python-repr.js';
import type { JsonValue } from '../../../src/wire/json.js';

describe('A value as Python prints it', () => {
  it.each<[value: JsonValue, text: string]>([
    [null, 'None'],
    [[true, false], '[True, False]'],
    ['plain', "'plain'"],
    ["it's", `"it's"`],
    [`it's "q"`, `'it\\'s "q"'`],
    ['a\n\t\\', "'a\\n\\t\\\\'"],
    ['\u2028 é \u00ad \u007f \ue000 \u{e0001} 😀', "'\\u2028 é \\xad \\x7f \\ue000 \\U000e0001 😀'"],
    [{ a: { b: [1, 'c'] } }, "{'a': {'b': [1, 'c']}}"],
    [{}, '{}'],
    [1.5, '1.5'],
    [-0, '-0.0'],
    [1e16, '1e+16'],
    [1e21, '1e+21'],
    [1e-7, '1e-07'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [2n ** 70n, '1180591620717411303424'],
  ])('%p is %s', (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });

  it('is cut where nobody would read on, whatever it is', () => {
    const huge: JsonValue[] = ['x'.repeat(1e6), Array.from({ length: 1e6 }, () => 1), { a: 'y'.repeat(1e6) }];
    for (const value of huge) {
      const text = pythonRepr(value);
      expect(text.length).toBeLessThan(1100);
      expect(text).toContain('…');
    }
    expect(pythonReprs(huge).length).toBeLessThan(1100);
  });
});
