import { orderKey } from '../../src/storage/query-order-key.js';
import type { JsonValue } from '../../src/wire/json.js';

/** Each strictly before the next, as jsonb compares them in PostgreSQL. */
const ASCENDING: (JsonValue | undefined)[] = [
  [],
  null,
  '',
  '\u0001',
  'a',
  'a\u0001',
  'ab',
  '\uffff',
  '😀',
  -Number.MAX_VALUE,
  -18446744073709551617n,
  -18446744073709551616n,
  -9007199254740993n,
  -9007199254740992n,
  Number.MIN_SAFE_INTEGER,
  -1,
  -5e-324,
  0,
  5e-324,
  1,
  1.5,
  2,
  Number.MAX_SAFE_INTEGER,
  9007199254740992n,
  9007199254740993n,
  9007199254740994n,
  1e16,
  10000000000000001n,
  18446744073709551615n,
  18446744073709551616n,
  18446744073709551617n,
  1e21,
  1000000000000000000001n,
  false,
  true,
  [null],
  ['a'],
  ['ab'],
  [1],
  [[]],
  [{}],
  [null, null],
  [[1], 2],
  [[2], 1],
  {},
  { a: 2 },
  { b: 1 },
  { bb: 0 },
  // The shorter key is compared first, although aa comes before b.
  { b: 1, aa: 2 },
  { b: 2, aa: 1 },
  { c: 0, aa: 0 },
  undefined,
];

describe('the key that orders a value', () => {
  it('orders every type and every value within it', () => {
    const keys = ASCENDING.map((value) => Buffer.from(orderKey(value)));
    expect([...keys].reverse().sort((a, b) => Buffer.compare(a, b))).toEqual(keys);
    expect(new Set(keys.map(String)).size).toBe(keys.length);
  });

  it('is the same for what is equal', () => {
    expect(orderKey(-0)).toBe(orderKey(0));
    expect(orderKey({ a: 1, b: [-0] })).toBe(orderKey({ b: [0], a: 1 }));
  });

  it('keeps apart what only looks alike when strung together', () => {
    expect(orderKey(['a\u00012b', 'c'])).not.toBe(orderKey(['a', 'b\u00012c']));
    expect(orderKey(['\u0001'])).not.toBe(orderKey(['\u0002\u0002']));
  });
});
