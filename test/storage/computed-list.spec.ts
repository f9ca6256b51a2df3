import Database from 'better-sqlite3';
import fc from 'fast-check';
import { computedCountSql, computedListSql, type ComputedList } from '../../src/storage/computed-list.js';
import { fragment } from '../../src/storage/query-conditions.js';
import { registerQueryFunctions } from '../../src/storage/query-functions.js';
import type { SqlStatement } from '../../src/storage/query-sql.js';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { readListQuery } from '../../src/wire/query/list-query.js';
import { encodePageToken } from '../../src/wire/query/page-token.js';
import { expectedRows, type Row } from './query-oracle.js';

const database = new Database(':memory:');
registerQueryFunctions(database);
database.exec(
  'CREATE TABLE items (name TEXT PRIMARY KEY, side TEXT, data TEXT); CREATE INDEX sides ON items (side, name)',
);
afterAll(() => database.close());

/** What lies on the left, and on the right, and in the middle for both; a row without data does not belong to it. */
const LIST: ComputedList = {
  sources: ['left', 'right'].map((side) => {
    return fragment(`SELECT name AS key FROM items WHERE side IN (?, 'middle')`, side);
  }),
  description: fragment('(SELECT data FROM items WHERE name = key AND name <> ?)', 'no such item'),
  keyField: 'uri',
};

interface Item {
  readonly uri: string;
  readonly side: string;
  readonly value: JsonValue | undefined;
  readonly belongs: boolean;
}

const value = fc.option(
  fc.constantFrom<JsonValue>(null, true, 0, 1, 1.5, '', 'a', 'B', 'é', '1', [], [1], ['a', 'a'], {}, { k: 1 }),
  { nil: undefined },
);
const items: fc.Arbitrary<Item[]> = fc.uniqueArray(
  fc.record({
    uri: fc.stringMatching(/^\/[a-c]{1,2}\/[é😀a-]{1,2}$/u),
    side: fc.constantFrom('left', 'right', 'middle'),
    value,
    belongs: fc.boolean(),
  }),
  { maxLength: 25, selector: ({ uri }) => uri },
);
const parameter = fc.constantFrom<readonly [string, string]>(
  ...([
    ['v', '1'],
    ['not_v', '1'],
    ['gt_v', '0'],
    ['max_v', '"a"'],
    ['in_v', '1,a,null'],
  ] as const),
  ...([
    ['like_v', 'a'],
    ['has_v', 'true'],
    ['contains_v', '1'],
    ['like_uri', 'b'],
    ['min_uri', '/b/a'],
  ] as const),
  ...([
    ['uri', '3'],
    ['exclude_uri', '/a/a,/a/é'],
    ['_since', '5'],
    ['id', 'x'],
    ['v.k', '1'],
  ] as const),
);
const sorts = fc.constantFrom('', 'v', '-v', 'uri', '-uri,v', 'v.k,-v', 'last_modified', 'id');

function run<T>({ text, parameters }: SqlStatement): T[] {
  return database.prepare(text).all(...parameters) as T[];
}

function fill(drawn: readonly Item[]): Row[] {
  const insert = database.prepare('INSERT INTO items VALUES (?, ?, ?)');
  database.exec('DELETE FROM items');
  const belonging = drawn.map(({ uri, side, value: v, belongs }) => {
    const data: JsonObject = { uri, ...(v === undefined ? {} : { v }) };
    insert.run(uri, side, belongs ? JSON.stringify(data) : null);
    return belongs ? [{ data, id: undefined as unknown as string, lastModified: 0, deleted: false }] : [];
  });
  return belonging.flat();
}

describe('A computed list', () => {
  it('is asked, ordered, paged and counted as any other, whatever its sources have in common', () => {
    // Given twice, some are refused.
    const parameters = fc.uniqueArray(parameter, { maxLength: 2, selector: ([name]) => name });
    fc.assert(
      fc.property(items, parameters, sorts, fc.integer({ min: 1, max: 4 }), (drawn, filters, sort, size) => {
        const rows = fill(drawn);
        const asked = [...filters, ['_sort', sort] as const];
        const options = { maxFetchSize: 1000, nowMs: 1e12, uniqueText: 'uri' };
        const query = readListQuery(asked, options).getQuery();
        const expected = expectedRows(rows, query).map(({ data }) => data.uri);
        const seen: JsonValue[] = [];
        let token = '';
        for (;;) {
          const page = readListQuery([...asked, ['_token', token]], options).getQuery();
          const found = run<{ data: string }>(computedListSql(LIST, { ...page, limit: size + 1 }));
          const shown = found.slice(0, size).map(({ data }) => JSON.parse(data) as JsonObject);
          seen.push(...shown.map(({ uri }) => uri!));
          expect(seen.length).toBeLessThanOrEqual(expected.length);
          if (found.length <= size) break;
          token = encodePageToken(shown.at(-1)!, query.sort, { offset: seen.length, nonce: 'n' });
        }
        expect(seen).toEqual(expected);
        expect(run(computedCountSql(LIST, query))).toEqual([{ count: expected.length }]);
      }),
      { numRuns: 400 },
    );
  });

  it('reads no more than a page of the order of its keys', () => {
    const sources = ['left', 'right', 'middle'].map((side) =>
      fragment('SELECT name AS key FROM items WHERE side = ?', side),
    );
    const query = readListQuery([], { maxFetchSize: 10, nowMs: 1e12, uniqueText: 'uri' }).getQuery();
    const { text, parameters } = computedListSql({ ...LIST, sources }, query);
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameters) as { detail: string }[];
    const plan = steps.map(({ detail }) => detail).join('\n');
    expect(plan).toContain('MERGE (UNION)');
    expect(plan).toContain('USING COVERING INDEX sides (side=?)');
    // What sorts or distinguishes reads everything first; what sorts by the last term alone reads one key at a time.
    expect(plan).not.toMatch(/TEMP B-TREE FOR (?!LAST TERM OF ORDER BY)/);
  });
});
