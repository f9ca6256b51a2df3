import { computedCountSql, computedListSql, type ComputedList } from '../storage/computed-list.js';
import { fragment, type Fragment } from '../storage/query-conditions.js';
import type { SqlDialect } from '../storage/sql-dialect.js';
import type { SqlSession, SqlValue } from '../storage/sql-session.js';
import type { Selection } from '../storage/storage.js';
import type { UriShapes } from '../wire/uri.js';

/** Every object of a resource: what a setting gives permissions on. */
export interface EveryObject {
  readonly resourceName: string;
  readonly plural: string;
  /** The resource one level up, its objects at the root; `undefined` for a resource at the root itself. */
  readonly parent?: { readonly resourceName: string; readonly plural: string };
}

/** On what somebody holds permissions: by entries on the objects themselves, and by settings. */
export interface HeldSelection {
  readonly principals: readonly string[];
  readonly everywhere: readonly EveryObject[];
  /** Whether a setting gives something at the root. */
  readonly atRoot: boolean;
  /** The resources that count; entries on any other URI are passed over. */
  readonly shapes: UriShapes;
}

type DescribedObject = Readonly<Record<string, string>>;

/**
 * The objects on which somebody holds permissions, computed by the database: however many there are, a page is all that
 * leaves it.
 */
export const heldObjects = {
  /** What the URIs say of them, in the order asked for; one more than the limit, if there is one. */
  async list(sql: SqlSession, held: HeldSelection, selection: Selection): Promise<DescribedObject[]> {
    const { text, parameters } = computedListSql(
      listOf(held, sql.dialect),
      { ...selection, limit: selection.limit + 1 },
      sql.dialect,
    );
    const rows = await sql.all<{ data: string }>(text, parameters as SqlValue[]);
    return rows.map(({ data }) => JSON.parse(data) as DescribedObject);
  },

  async count(sql: SqlSession, held: HeldSelection, selection: Pick<Selection, 'filters'>): Promise<number> {
    const { text, parameters } = computedCountSql(listOf(held, sql.dialect), selection, sql.dialect);
    return (await sql.first<{ count: number }>(text, parameters as SqlValue[]))?.count ?? 0;
  },

  /** What the entries of these objects give to any of the principals. */
  async permissionsOn(
    sql: SqlSession,
    principals: readonly string[],
    uris: readonly string[],
  ): Promise<Map<string, Set<string>>> {
    const objects = sql.dialect.isOneOf('object_id', uris);
    // An expression: the index on principals would find everything that they hold anywhere.
    const holders = sql.dialect.isOneOf(`(principal || '')`, principals);
    const rows = await sql.all<{ object_id: string; permission: string }>(
      `SELECT object_id, permission FROM access_control_entries WHERE ${objects.text} AND ${holders.text}`,
      [...objects.parameters, ...holders.parameters],
    );
    const permissions = new Map<string, Set<string>>();
    for (const { object_id: uri, permission } of rows) {
      const known = permissions.get(uri);
      if (known === undefined) permissions.set(uri, new Set([permission]));
      else known.add(permission);
    }
    return permissions;
  },
};

/**
 * How many principals are each read from the index by themselves, in the order of the pages; the groups beyond share one
 * look-up, whose rows have to be sorted. It bounds the length of the statement.
 */
const MAX_SOURCES = 20;

function listOf({ principals, everywhere, atRoot, shapes }: HeldSelection, dialect: SqlDialect): ComputedList {
  const single = principals.slice(0, MAX_SOURCES);
  const rest = principals.slice(MAX_SOURCES);
  // An object has an entry for each permission; where there is one principal alone, no UNION makes them one.
  const select = principals.length === 1 ? 'SELECT DISTINCT' : 'SELECT';
  return {
    sources: [
      ...single.map((principal) => fragment(`${select} ${KEYS_OF_ENTRIES} principal = ?`, principal)),
      ...(rest.length === 0 ? [] : [inGroups(rest, dialect)]),
      ...everywhere.map(everyObject),
      ...(atRoot ? [fragment(`SELECT '/' AS key`)] : []),
    ],
    description: dialect.describeUri('key', shapes),
    keyField: 'uri',
  };
}

const KEYS_OF_ENTRIES = 'object_id AS key FROM access_control_entries WHERE';

function inGroups(principals: readonly string[], dialect: SqlDialect): Fragment {
  const holders = dialect.isOneOf('principal', principals);
  return { ...holders, text: `SELECT ${KEYS_OF_ENTRIES} ${holders.text}` };
}

const KEYS_AT_ROOT = `SELECT ? || id AS key FROM objects WHERE parent_id = '' AND resource_name = ? AND deleted = FALSE`;

/** Below objects that are there: what lies under a bucket that does not exist, nobody is told of (as in Kinto). */
function everyObject({ resourceName, plural, parent }: EveryObject): Fragment {
  if (parent === undefined) return fragment(KEYS_AT_ROOT, `/${plural}/`, resourceName);
  return fragment(
    `SELECT below.parent_id || ? || below.id AS key FROM (${KEYS_AT_ROOT}) AS parents
      JOIN objects AS below ON below.parent_id = parents.key AND below.resource_name = ? AND below.deleted = FALSE`,
    `/${plural}/`,
    `/${parent.plural}/`,
    parent.resourceName,
    resourceName,
  );
}
