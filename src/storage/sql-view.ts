import { StoredObject } from '../wire/stored-object.js';
import { countSql, listSql, type ListSqlOptions } from './query-sql.js';
import type { SqlSession, SqlValue } from './sql-session.js';
import type { ListOptions, ObjectList, Selection, StorageView } from './storage.js';

interface ObjectRow {
  readonly id: string;
  readonly last_modified: number;
  readonly data: string;
  readonly deleted: number;
}

const FIND = `SELECT id, last_modified, data, deleted FROM objects
  WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = FALSE`;

const HAS = 'SELECT 1 AS one FROM objects WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = FALSE';

/** Who knows the timestamps of the lists. */
export interface ListTimestamps {
  find(sql: SqlSession, list: ObjectList): Promise<number | undefined>;
}

/** What is in the tables, for any database. */
export class SqlView<Counter extends ListTimestamps = ListTimestamps> implements StorageView {
  constructor(
    readonly sql: SqlSession,
    protected readonly counter: Counter,
  ) {}

  async findObject(list: ObjectList, id: string): Promise<StoredObject | undefined> {
    const row = await this.sql.first<ObjectRow>(FIND, [list.parentId, list.resourceName, id]);
    return row === undefined ? undefined : fromRow(row);
  }

  hasObject({ parentId, resourceName }: ObjectList, id: string): Promise<boolean> {
    return this.sql.remember(`object ${parentId} ${resourceName} ${id}`, async () => {
      return (await this.sql.first(HAS, [parentId, resourceName, id])) !== undefined;
    });
  }

  async listObjects(list: ObjectList, selection: Selection, options: ListOptions = {}): Promise<StoredObject[]> {
    const onePastThePage = { ...selection, limit: selection.limit + 1 };
    const { text, parameters } = listSql(list, onePastThePage, defined(options), this.sql.dialect);
    const rows = await this.sql.all<ObjectRow>(text, parameters as SqlValue[]);
    return rows.map(fromRow);
  }

  async countObjects(list: ObjectList, selection: Selection, options: ListOptions = {}): Promise<number> {
    const { text, parameters } = countSql(list, selection, defined(options), this.sql.dialect);
    return (await this.sql.first<{ count: number }>(text, parameters as SqlValue[]))?.count ?? 0;
  }

  findListTimestamp(list: ObjectList): Promise<number | undefined> {
    return this.counter.find(this.sql, list);
  }
}

/** The same without `onlyIds: undefined`, which for the statement would be one more shape. */
function defined({ onlyIds, liveOnly = false, everyUser = false }: ListOptions): ListSqlOptions {
  return onlyIds === undefined ? { liveOnly, everyUser } : { onlyIds, liveOnly, everyUser };
}

function fromRow(row: ObjectRow): StoredObject {
  return new StoredObject(row.id, row.last_modified, row.data, row.deleted === 1);
}
