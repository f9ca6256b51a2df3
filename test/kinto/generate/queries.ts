import fc, { type Arbitrary } from 'fast-check';

type Pair = readonly [string, string];

const PREFIXES = ['', 'eq_', 'not_', 'gt_', 'min_', 'lt_', 'max_', 'in_', 'exclude_', 'like_', 'has_', 'contains_'];
const FIELDS = ['n', 's', 'b', 'a', 'o', 'o.k', 'o.k.m', 'x', 'missing', 'id', 'null'];

const VALUES: Readonly<Record<string, readonly string[]>> = {
  n: ['1', '2', '1.0', '-1', '1.5', '"1"', '0'],
  s: ['a', 'b', '"a"', 'ab', 'é', '1'],
  b: ['true', 'false', '1', 'True'],
  a: ['1', '[1]', '[1, 2]', '"a"', 'a', '[]', '{"k":1}'],
  o: ['{}', '{"k":1}', '1'],
  'o.k': ['1', 'null', '2'],
  'o.k.m': ['1'],
  x: ['1', 'a', 'null', 'true', '[]', '{}', '', '01', '[1', '"1"'],
  missing: ['1', 'null', 'true', 'false', ''],
  id: ['r1', '"r2"', '1', '"1"', 'r', '{{id:0}}', '{{name}}'],
  null: ['null', 'true', '1'],
};

const filter: Arbitrary<Pair> = fc
  .tuple(fc.constantFrom(...PREFIXES, 'contains_any_'), fc.constantFrom(...FIELDS))
  .chain(([prefix, field]) => {
    const one = fc.constantFrom(...VALUES[field]!);
    if (prefix === 'in_' || prefix === 'exclude_') {
      return fc.array(one, { minLength: 0, maxLength: 3 }).map((values): Pair => [prefix + field, values.join()]);
    }
    if (prefix === 'has_') {
      return fc.constantFrom('true', 'false', '1', '0', '', 'abc').map((value): Pair => [prefix + field, value]);
    }
    // One letter is by chance in an id that a server has made, or is not.
    if (prefix === 'like_' && field === 'id') {
      return fc.constantFrom('r1', '*r2', 'r3*', 'none').map((value): Pair => ['like_id', value]);
    }
    if (prefix === 'like_') {
      return fc
        .constantFrom('a', '*b', 'a*', 'A', 'é', '"1"', '1', 'b', 'a*c', '')
        .map((value): Pair => [prefix + field, value]);
    }
    return one.map((value): Pair => [prefix + field, value]);
  });

const polling: Arbitrary<Pair> = fc
  .tuple(
    fc.constantFrom('_since', '_since', '_before', '_to', 'gt_last_modified', 'last_modified', 'max_last_modified'),
    fc.constantFrom('{{etag:0}}', '{{etag:1}}', '{{etag:3}}', '"{{etag:1}}"', '0', '1', '{{now}}', '{{stamp:1}}'),
  )
  .map(([name, value]): Pair => [name, value]);

const sort: Arbitrary<Pair> = fc
  .constantFrom(
    'n',
    '-n',
    's',
    '-s,n',
    'last_modified',
    '-last_modified',
    'o.k',
    'b,-n',
    '-id',
    'missing,n',
    '+n',
    'a-b',
  )
  .map((value): Pair => ['_sort', value]);

const limit: Arbitrary<Pair> = fc.constantFrom('1', '2', '2', '3', '10').map((value): Pair => ['_limit', value]);

const projection: Arbitrary<Pair> = fc
  .constantFrom('n', 'n,s', 'o.k', 'o.k.m', 'id', 'missing', 'deleted', 'n, s', '', 'n.q', 'last_modified')
  .map((value): Pair => ['_fields', value]);

const odd: Arbitrary<Pair> = fc.constantFrom<Pair>(
  ['_limit', 'abc'],
  ['_limit', '-1'],
  ['_limit', '0'],
  ['_limit', ''],
  ['_limit', '1.5'],
  ['_limit', '99999999999999999999'],
  ['_since', 'abc'],
  ['_since', '-1'],
  ['_since', ''],
  ['_since', '1.5'],
  ['_since', '{{now+90000000}}'],
  ['_before', 'null'],
  ['_to', '"abc"'],
  ['_token', 'abc'],
  ['_token', 'e30='],
  ['_sort', '@n'],
  ['_sort', ''],
  ['_unknown', '1'],
  ['gt_a-b', '1'],
  ['in_last_modified', '1'],
  ['like_last_modified', '1'],
  ['contains_id', 'r1'],
  ['in_id', '1'],
  ['exclude_id', 'r1,r2'],
  ['gt_id', '1'],
  ['not_id', '1'],
  ['has_id', 'true'],
  ['deleted', 'true'],
  ['not_deleted', 'true'],
  ['last_modified', 'abc'],
  ['last_modified', '"{{stamp:0}}"'],
  ['not_last_modified', '{{stamp:0}}'],
  [' n ', '1'],
  ['n', '1\0'],
);

/** Of a list. Tokens come with the path of a Next-Page, and not from here. */
export const listQuery: Arbitrary<readonly Pair[]> = fc
  .tuple(
    fc.array(filter, { maxLength: 2 }),
    maybe(3, polling),
    maybe(4, sort),
    maybe(4, limit),
    maybe(2, projection),
    maybe(1, odd),
  )
  .map((parts) => parts.flat());

/** Of one object. */
export const objectQuery: Arbitrary<readonly Pair[]> = fc
  .tuple(maybe(2, projection), maybe(1, odd))
  .map((parts) => parts.flat());

/** DELETE of one object. */
export const tombstoneQuery: Arbitrary<readonly Pair[]> = maybe(
  2,
  fc
    .constantFrom(
      ...['{{stamp:0}}', '{{stamp:0+5000}}', '{{stamp:0-5000}}', '1', '{{stamp:1}}'],
      ...['{{stamp:0}}', '{{stamp:0+5000}}', '{{stamp:0-5000}}', '1', '{{stamp:1}}'],
      ...['abc', '"12"', '1.5', '-1', 'null'],
    )
    .map((value): Pair => ['last_modified', value]),
);

/** @param chance out of ten */
function maybe(chance: number, pair: Arbitrary<Pair>): Arbitrary<readonly Pair[]> {
  return fc.oneof(
    { weight: chance, arbitrary: pair.map((one) => [one]) },
    { weight: 10 - chance, arbitrary: fc.constant<readonly Pair[]>([]) },
  );
}
