import { ApiError } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import { StoredObject } from '../../wire/stored-object.js';
import type { ListCounter } from '../list-counter.js';
import type { SqlValue } from '../sql-session.js';
import { SqlView } from '../sql-view.js';
import type { ObjectList, UnitOfWork, WrittenObject } from '../storage.js';
import { laterThan, suggestionIn } from '../suggestion.js';
import type { GroupCommit } from './group-commit.js';
import { findSqliteCode } from './sqlite-error.js';
import type { ClosableSession } from './sqlite-session.js';

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

export class SqliteView extends SqlView<ListCounter> {}

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
