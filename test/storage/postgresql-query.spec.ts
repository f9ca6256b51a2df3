import fc from 'fast-check';
import { countSql, listSql } from '../../src/storage/query-sql.js';
import type { PostgresqlStorage } from '../../src/storage/postgresql/postgresql-storage.js';
import type { SqlSession, SqlValue } from '../../src/storage/sql-session.js';
import type { Filter, ListQuery, PageToken } from '../../src/wire/query/list-query.js';
import { decodePageToken, encodePageToken, PAGE_NONCE_PREFIX } from '../../src/wire/query/page-token.js';
import type { JsonObject } from '../../src/wire/json.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';
import { filter, newestFirst, rows, sort } from './query-arbitraries.js';
import { LIST } from './query-objects-table.js';
import { expectedRows, matches, type Row } from './query-oracle.js';

type Query = Pick<ListQuery, 'filters' | 'sort' | 'limit' | 'includeDeleted'> & { readonly token?: PageToken };

const CLEAR = 'DELETE FROM objects';
const INSERT = `INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted, change_n)
  VALUES (?, ?, ?, ?, ?, ?, 1)`;

async function fill(sql: SqlSession, drawn: readonly Row[]): Promise<void> {
  await sql.run(CLEAR);
  for (const { id, lastModified, data, deleted } of drawn) {
    const moment = sql.dialect.moment(lastModified);
    const flag = deleted ? 'true' : 'false';
    await sql.run(INSERT, [id, LIST.parentId, LIST.resourceName, moment, JSON.stringify(data), flag]);
  }
}

async function list(sql: SqlSession, query: Query): Promise<Row[]> {
  const { text, parameters } = listSql(LIST, query, {}, sql.dialect);
  const found = await sql.all<{ id: string; last_modified: number; data: string; deleted: number }>(
    text,
    parameters as SqlValue[],
  );
  return found.map(({ id, last_modified: lastModified, data, deleted }) => {
    return { id, lastModified, data: JSON.parse(data) as JsonObject, deleted: deleted === 1 };
  });
}

async function count(sql: SqlSession, query: Query): Promise<number> {
  const { text, parameters } = countSql(LIST, query, {}, sql.dialect);
  return (await sql.first<{ count: number }>(text, parameters as SqlValue[]))?.count ?? -1;
}

/** jsonb writes numbers without exponents: there `like_` sees other characters than `JSON.stringify` makes. */
function hasExponents(drawn: readonly Row[]): boolean {
  return /\de[+-]\d/.test(JSON.stringify(drawn));
}

function ensureAlikeInText(drawn: readonly Row[], filters: readonly Filter[]): void {
  fc.pre(filters.every(({ operator }) => operator !== 'like') || !hasExponents(drawn));
}

const ids = (found: readonly Row[]) => found.map(({ id }) => id);

describeWithPostgresql('the list query on PostgreSQL [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let storage: PostgresqlStorage;
  beforeAll(async () => {
    storage = await openPostgresql(await databases.next());
  }, 150_000);
  afterAll(async () => {
    await storage.close();
    await databases.stop();
  });

  /** As the database has them: jsonb keeps keys in an order of its own, which `like_` can see. */
  async function filled(sql: SqlSession, drawn: readonly Row[]): Promise<Row[]> {
    await fill(sql, drawn);
    const stored = new Map(
      (await list(sql, { filters: [], sort: [newestFirst], includeDeleted: true, limit: 1000 })).map((row) => [
        row.id,
        row,
      ]),
    );
    return drawn.map(({ id }) => stored.get(id)!);
  }

  it('lists and counts the same objects in the same order', async () => {
    const filters = fc.array(filter, { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(rows, filters, sort, fc.boolean(), (drawn, wanted, keys, includeDeleted) => {
        ensureAlikeInText(drawn, wanted);
        return storage.write(async ({ sql }) => {
          const stored = await filled(sql, drawn);
          const query = { filters: wanted, sort: keys, includeDeleted, limit: 1000 };
          expect(ids(await list(sql, query))).toEqual(ids(expectedRows(stored, query)));
          expect(await count(sql, query)).toBe(expectedRows(stored, { ...query, includeDeleted: false }).length);
        });
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it('matches each object by each filter alike', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(filter, { minLength: 8, maxLength: 8 }), (drawn, filters) =>
        storage.write(async ({ sql }) => {
          const stored = await filled(sql, drawn);
          for (const one of filters) {
            if (one.operator === 'like' && hasExponents(drawn)) continue;
            const query = { filters: [one], sort: [newestFirst], includeDeleted: true, limit: 1000 };
            const expected = stored.filter((row) => matches(row, one));
            expect(ids(await list(sql, query)).sort()).toEqual(ids(expected).sort());
          }
        }),
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  it('walks through the pages without losing or repeating an object', async () => {
    const some = fc.array(filter, { maxLength: 1 });
    await fc.assert(
      fc.asyncProperty(rows, some, sort, fc.integer({ min: 1, max: 4 }), (drawn, filters, keys, size) => {
        ensureAlikeInText(drawn, filters);
        return storage.write(async ({ sql }) => {
          const stored = await filled(sql, drawn);
          const query = { filters, sort: keys, includeDeleted: size > 2 };
          expect(await walk(sql, query, size)).toEqual(ids(expectedRows(stored, query)));
        });
      }),
      { numRuns: 120 },
    );
  }, 120_000);
});

async function walk(sql: SqlSession, query: Omit<Query, 'limit' | 'token'>, size: number): Promise<string[]> {
  const seen: string[] = [];
  let token: PageToken | undefined;
  for (;;) {
    const found = await list(sql, { ...query, limit: size + 1, ...(token === undefined ? {} : { token }) });
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
