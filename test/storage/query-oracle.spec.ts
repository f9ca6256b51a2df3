import fc from 'fast-check';
import { orderKey } from '../../src/storage/query-order-key.js';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import type { Filter, Sort } from '../../src/wire/query/list-query.js';
import { decodePageToken, encodePageToken, PAGE_NONCE_PREFIX } from '../../src/wire/query/page-token.js';
import { ObjectsTable } from './query-objects-table.js';
import { compare, expectedRows, matches, type Row } from './query-oracle.js';

// Few values, so that they meet; every one of them has been, or looks like, trouble for a comparison.
const scalar = fc.constantFrom<JsonValue>(
  ...[null, true, false, 0, -0, 1, -1, 1.5, -1.5, 10, 2 ** 53, 2 ** 53 + 2, 1e21, 5e-324, -1e300],
  ...['', 'a', 'A', 'ab', 'b', 'é', 'É', 'σας', 'ΣΑΣ', '\uffff', '😀', '1', 'true', 'null', '[1]', '{}', '"', '\\'],
  ...['%', '_', 'a_b', 'axb', 'a*b', '\u0001', '\u0002', 'a\u0001', 'a\u0002b', 'a.b', "a'b", '$', 'two\nlines'],
);
const KEYS = ['k', 'kk', 'w"x', 'é', 'a\\b', '😀', ''];
const key = fc.constantFrom(...KEYS);
const { value } = fc.letrec<{ value: JsonValue; list: JsonValue[]; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, { weight: 4, arbitrary: scalar }, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
}));

const live = fc.record(
  { v: value, w: value, 'w"x': scalar, 'é]': scalar, deleted: fc.constant(true) },
  { requiredKeys: [], noNullPrototype: true },
);
const rows: fc.Arbitrary<Row[]> = fc
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
const filter: fc.Arbitrary<Filter> = fc.oneof(
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

const newestFirst: Sort = { field: 'last_modified', path: ['last_modified'], direction: 'descending' };
const sort: fc.Arbitrary<Sort[]> = fc
  .uniqueArray(
    fc.record({
      path: fc.oneof({ weight: 6, arbitrary: path }, fc.constantFrom(['id'], ['last_modified'])),
      direction: fc.constantFrom('ascending' as const, 'descending'),
    }),
    { maxLength: 3, selector: (drawn) => drawn.path.join('.') },
  )
  .map((drawn) => drawn.map((one) => ({ ...one, field: one.path.join('.') })))
  .map((drawn) => (drawn.some(({ field }) => field === 'last_modified') ? drawn : [...drawn, newestFirst]));

describe('the list query against the tables of the specification', () => {
  const table = new ObjectsTable();
  afterAll(() => table.close());

  it('lists and counts the same objects in the same order', () => {
    fc.assert(
      fc.property(
        rows,
        fc.array(filter, { maxLength: 2 }),
        sort,
        fc.boolean(),
        (drawn, filters, keys, includeDeleted) => {
          table.fill(drawn);
          const query = { filters, sort: keys, includeDeleted, limit: 1000 };
          expect(ids(table.list(query))).toEqual(ids(expectedRows(drawn, query)));
          expect(table.count(query)).toBe(expectedRows(drawn, { ...query, includeDeleted: false }).length);
        },
      ),
      { numRuns: 600 },
    );
  });

  it('matches each object by each filter alike', () => {
    fc.assert(
      fc.property(rows, fc.array(filter, { minLength: 8, maxLength: 8 }), (drawn, filters) => {
        table.fill(drawn);
        for (const one of filters) {
          const found = table.list({ filters: [one], sort: [newestFirst], includeDeleted: true, limit: 1000 });
          const expected = drawn.filter((row) => matches(row, one));
          expect(ids(found).sort()).toEqual(ids(expected).sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  it('walks through the pages without losing or repeating an object', () => {
    const some = fc.array(filter, { maxLength: 1 });
    fc.assert(
      fc.property(rows, some, sort, fc.integer({ min: 1, max: 4 }), (drawn, filters, keys, size) => {
        table.fill(drawn);
        const query = { filters, sort: keys, includeDeleted: size > 2 };
        expect(walk(table, query, size)).toEqual(ids(expectedRows(drawn, query)));
      }),
      { numRuns: 300 },
    );
  });

  it('gives every value a key that sorts, and equals, as the value does', () => {
    fc.assert(
      fc.property(fc.option(value, { nil: undefined }), fc.option(value, { nil: undefined }), (a, b) => {
        const keys = Buffer.compare(Buffer.from(orderKey(a)), Buffer.from(orderKey(b)));
        expect(Math.sign(keys)).toBe(Math.sign(compare(a, b)));
      }),
      { numRuns: 3000 },
    );
  });
});

function ids(found: readonly Row[]): string[] {
  return found.map((row) => row.id);
}

function walk(
  table: ObjectsTable,
  query: { filters: Filter[]; sort: Sort[]; includeDeleted: boolean },
  size: number,
): string[] {
  const seen: string[] = [];
  let token: ReturnType<typeof decodePageToken>;
  for (;;) {
    const found = table.list({ ...query, limit: size + 1, ...(token === undefined ? {} : { token }) });
    const page = found.slice(0, size);
    seen.push(...ids(page));
    const last = page.at(-1);
    if (found.length <= size || last === undefined) return seen;
    const object = { ...last.data, id: last.id, last_modified: last.lastModified };
    const text = encodePageToken(object, query.sort, { offset: seen.length, nonce: `${PAGE_NONCE_PREFIX}x` });
    token = decodePageToken(text, query.sort);
    expect(token).toBeDefined();
    // A page that comes again would come for ever.
    expect(new Set(seen).size).toBe(seen.length);
  }
}
