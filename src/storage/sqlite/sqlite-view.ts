import { ApiError } from '../../wire/api-error.js';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import { StoredObject } from '../../wire/stored-object.js';
import type { ListCounter } from '../list-counter.js';
import { countSql, listSql, type ListSqlOptions } from '../query-sql.js';
import type { SqlSession, SqlValue } from '../sql-session.js';
import type { ListOptions, ObjectList, Selection, StorageView, UnitOfWork, WrittenObject } from '../storage.js';
import type { GroupCommit } from './group-commit.js';
import { findSqliteCode } from './sqlite-error.js';
import type { ClosableSession } from './sqlite-session.js';

interface ObjectRow {
  readonly id: string;
  readonly last_modified: number;
  readonly data: string;
  readonly deleted: number;
}

const FIND = `SELECT id, last_modified, data, deleted FROM objects
  WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0`;

const HAS = 'SELECT 1 AS one FROM objects WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0';

/** Only a tombstone may be written over; a live object of that id changes nothing, and so zero rows. */
const CREATE = `INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted, change_n, change_salt)
  VALUES (?, ?, ?, ?, ?, 0, ?, ?)
  ON CONFLICT (parent_id, resource_name, id) DO UPDATE SET last_modified = excluded.last_modified,
  data = excluded.data, deleted = 0, change_n = excluded.change_n, change_salt = excluded.change_salt
  WHERE objects.deleted = 1`;

const REPLACE = `UPDATE objects SET last_modified = ?, data = ?, change_n = ?, change_salt = ?
  WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0`;

const BURY = `UPDATE objects SET deleted = 1, last_modified = ?, data = ?, change_n = ?, change_salt = ?
  WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0`;

/** A range instead of LIKE: `_` and `%` in ids are only characters here (kinto-api.md, 2.6 shows the loss otherwise). */
const BELOW = 'parent_id = ? OR (parent_id >= ? AND parent_id < ?)';

export class SqliteView implements StorageView {
  constructor(
    readonly sql: SqlSession,
    protected readonly counter: ListCounter,
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
    const { text, parameters } = listSql(list, onePastThePage, defined(options));
    const rows = await this.sql.all<ObjectRow>(text, parameters as SqlValue[]);
    return rows.map(fromRow);
  }

  async countObjects(list: ObjectList, selection: Selection, options: ListOptions = {}): Promise<number> {
    const { text, parameters } = countSql(list, selection, defined(options));
    return (await this.sql.first<{ count: number }>(text, parameters as SqlValue[]))?.count ?? 0;
  }

  findListTimestamp(list: ObjectList): Promise<number | undefined> {
    return this.counter.find(this.sql, list);
  }
}

export class SqliteUnit extends SqliteView implements UnitOfWork {
  private readonly callbacks: (() => void)[] = [];

  constructor(
    readonly id: string,
    private readonly session: ClosableSession,
    counter: ListCounter,
    private readonly group: GroupCommit,
  ) {
    super(session, counter);
  }

  async createObject(list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject> {
    const { timestamp, position } = await this.counter.next(this.sql, list, suggestionIn(value));
    const object = StoredObject.of(id, timestamp, value);
    const created = await this.write(CREATE, [
      id,
      list.parentId,
      list.resourceName,
      timestamp,
      object.dataText,
      position.n,
      position.salt,
    ]);
    if (created === 0) throw new ApiError('CONSTRAINT_VIOLATED');
    return { object, position };
  }

  async updateObject(list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const suggested = suggestionIn(value);
    const { timestamp, position } = await this.counter.next(this.sql, list, laterThan(previous, suggested));
    const object = StoredObject.of(previous.id, timestamp, value);
    await this.replace(REPLACE, list, object, position);
    return { object, position };
  }

  async deleteObject(list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    const { timestamp, position } = await this.counter.next(this.sql, list, laterThan(previous, suggested));
    const object = StoredObject.tombstone(previous.id, timestamp);
    await this.replace(BURY, list, object, position);
    return { object, position };
  }

  ensureListTimestamp(list: ObjectList): Promise<number> {
    return this.counter.ensure(this.sql, list);
  }

  async deleteBelow(uri: string): Promise<void> {
    const range = [uri, `${uri}/`, `${uri}0`]; // `0` is the character after `/`.
    await this.sql.run(`DELETE FROM objects WHERE ${BELOW}`, range);
    await this.counter.startAfter(this.sql, BELOW, range);
    await this.sql.run(`DELETE FROM timestamps WHERE ${BELOW}`, range);
  }

  async deleteEverything(): Promise<void> {
    await this.counter.startAfter(this.sql, 'true', []);
    await this.sql.run('DELETE FROM objects');
    await this.sql.run('DELETE FROM timestamps');
  }

  async nested<T>(work: () => Promise<T>): Promise<T> {
    const mark = this.callbacks.length;
    try {
      return await this.group.nested(work, this.session);
    } catch (error) {
      this.callbacks.length = mark;
      throw error;
    }
  }

  onceDurable(callback: () => void): void {
    this.callbacks.push(callback);
  }

  /** To be called when it is. */
  tellDurable(): void {
    for (const callback of this.callbacks) callback();
  }

  private async replace(
    statement: string,
    { parentId, resourceName }: ObjectList,
    { id, lastModified, dataText }: StoredObject,
    { n, salt }: Position,
  ): Promise<void> {
    const replaced = await this.write(statement, [lastModified, dataText, n, salt, parentId, resourceName, id]);
    if (replaced === 0) throw new ApiError('CONSTRAINT_VIOLATED');
  }

  /** Another object of the list with the very timestamp a client suggested is a conflict, as on Kinto's PostgreSQL. */
  private async write(statement: string, parameters: readonly SqlValue[]): Promise<number> {
    try {
      return await this.sql.run(statement, parameters);
    } catch (error) {
      if (findSqliteCode(error) === 'SQLITE_CONSTRAINT_UNIQUE') {
        throw new ApiError('CONSTRAINT_VIOLATED', { cause: error });
      }
      throw error;
    }
  }
}

/** The same without `onlyIds: undefined`, which for the statement would be one more shape. */
function defined({ onlyIds, liveOnly = false, everyUser = false }: ListOptions): ListSqlOptions {
  return onlyIds === undefined ? { liveOnly, everyUser } : { onlyIds, liveOnly, everyUser };
}

function fromRow(row: ObjectRow): StoredObject {
  return new StoredObject(row.id, row.last_modified, row.data, row.deleted === 1);
}

/** A whole number counts as a suggestion, anything else is as if it were not there. */
function suggestionIn(value: JsonObject): number | undefined {
  const suggested: JsonValue | undefined = value.last_modified;
  return typeof suggested === 'number' && Number.isSafeInteger(suggested) ? suggested : undefined;
}

function laterThan(previous: StoredObject, suggested: number | undefined): number | undefined {
  return suggested !== undefined && suggested > previous.lastModified ? suggested : undefined;
}
