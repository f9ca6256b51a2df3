import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import type { Filter, Sort } from '../../src/wire/query/list-query.js';
import type { Row } from './query-oracle.js';

/*
 * Lists and questions about them, drawn at random.
 */

// Few values, so that they meet; every one of them has been, or looks like, trouble for a comparison.
const scalar = fc.constantFrom<JsonValue>(
  ...[null, true, false, 0, -0, 1, -1, 1.5, -1.5, 10, 2 ** 53, 2 ** 53 + 2, 1e21, 5e-324, -1e300],
  ...['', 'a', 'A', 'ab', 'b', 'é', 'É', 'σας', 'ΣΑΣ', '\uffff', '😀', '1', 'true', 'null', '[1]', '{}', '"', '\\'],
  ...['%', '_', 'a_b', 'axb', 'a*b', '\u0001', '\u0002', 'a\u0001', 'a\u0002b', 'a.b', "a'b", '$', 'two\nlines'],
);
const KEYS = ['k', 'kk', 'w"x', 'é', 'a\\b', '😀', ''];
const key = fc.constantFrom(...KEYS);
export const { value } = fc.letrec<{ value: JsonValue; list: JsonValue[]; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, { weight: 4, arbitrary: scalar }, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));

const live = fc.record(
  { v: value, w: value, 'w"x': scalar, 'é]': scalar, deleted: fc.constant(true) },
  { requiredKeys: [], noNullPrototype: true },
);
export const rows: fc.Arbitrary<Row[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,2}$/),
      lastModified: fc.integer({ min: -2, max: 60 }),
      data: live,
      deleted: fc.boolean(),
    }),
    { maxLength: 25, selector: ({ id }) => id },
  )
  .map((drawn) => [...new Map(drawn.map((row) => [row.lastModified, row])).values()])
  .map((drawn) => drawn.map((row) => (row.deleted ? { ...row, data: { deleted: true } } : row)));

const path = fc.constantFrom<readonly string[]>(
  ...[['v'], ['v'], ['w'], ['w"x'], ['é]'], ['deleted'], ['never']],
  ...[
    ['v', 'k'],
    ['w', 'w"x'],
    ['v', 'k', 'kk'],
    ['v', 'é'],
    ['v', ''],
    ['id', 'k'],
    ['v', 'a\\b', '😀'],
  ],
);
const pattern = fc
  .array(fc.constantFrom('*', 'a', 'A', 'É', 'σ', 'ς', '_', '%', '1', '\\', '"', '[', '.', 'b', 'u'), { maxLength: 4 })
  .map((pieces) => pieces.join(''));
const values = fc.array(value, { maxLength: 4 });
const ranged = fc.constantFrom('eq' as const, 'not', 'lt', 'max', 'gt', 'min');
const timestamp = fc.integer({ min: 0, max: 60 });
const id = fc.constantFrom('a', 'B', '0', 'zz', 'é', '');

function filterOn(
  where: fc.Arbitrary<readonly string[]>,
  operator: fc.Arbitrary<Filter['operator']>,
  against: fc.Arbitrary<unknown>,
): fc.Arbitrary<Filter> {
  return fc
    .record({ path: where, operator, value: against })
    .map((drawn) => ({ ...drawn, parameter: `${drawn.operator}_${drawn.path.join('.')}` }) as Filter);
}

const oneOf = fc.constantFrom('in' as const, 'exclude');
export const filter: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 5, arbitrary: filterOn(path, ranged, value) },
  { weight: 3, arbitrary: filterOn(path, oneOf, values) },
  { weight: 2, arbitrary: filterOn(path, fc.constantFrom('contains', 'contains_any'), values) },
  { weight: 2, arbitrary: filterOn(path, fc.constant('like'), pattern) },
  { weight: 1, arbitrary: filterOn(path, fc.constant('has'), fc.boolean()) },
  { weight: 1, arbitrary: filterOn(fc.constant(['last_modified']), ranged, timestamp) },
  { weight: 1, arbitrary: filterOn(fc.constant(['id']), ranged, id) },
  { weight: 1, arbitrary: filterOn(fc.constant(['id']), oneOf, fc.array(id)) },
  { weight: 1, arbitrary: filterOn(fc.constant(['id']), fc.constant('like'), pattern) },
  { weight: 1, arbitrary: filterOn(fc.constantFrom(['id'], ['last_modified']), fc.constant('has'), fc.boolean()) },
);

export const newestFirst: Sort = { field: 'last_modified', path: ['last_modified'], direction: 'descending' };
export const sort: fc.Arbitrary<Sort[]> = fc
  .uniqueArray(
    fc.record({
      path: fc.oneof({ weight: 6, arbitrary: path }, fc.constantFrom(['id'], ['last_modified'])),
      direction: fc.constantFrom('ascending' as const, 'descending'),
    }),
    { maxLength: 3, selector: (drawn) => drawn.path.join('.') },
  )
  .map((drawn) => drawn.map((one) => ({ ...one, field: one.path.join('.') })))
  .map((drawn) => (drawn.some(({ field }) => field === 'last_modified') ? drawn : [...drawn, newestFirst]));
