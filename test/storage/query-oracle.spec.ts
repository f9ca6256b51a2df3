import fc from 'fast-check';
import { orderKey } from '../../src/storage/query-order-key.js';
import type { Filter, Sort } from '../../src/wire/query/list-query.js';
import { decodePageToken, encodePageToken, PAGE_NONCE_PREFIX } from '../../src/wire/query/page-token.js';
import { filter, newestFirst, rows, sort, value } from './query-arbitraries.js';
import { ObjectsTable } from './query-objects-table.js';
import { compare, expectedRows, matches, type Row } from './query-oracle.js';

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
