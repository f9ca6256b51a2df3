import Database, { type Database as Connection } from 'better-sqlite3';
import { registerQueryFunctions } from '../../src/storage/query-functions.js';
import {
  countSql,
  type ListName,
  listSql,
  type ListSqlOptions,
  type SqlStatement,
} from '../../src/storage/query-sql.js';
import { encodeJson, type JsonObject } from '../../src/wire/json.js';
import type { ListQuery } from '../../src/wire/query/list-query.js';
import type { Row } from './query-oracle.js';

export const LIST: ListName = { parentId: '/buckets/b/collections/c', resourceName: 'record' };

/** The table of objects and its connection, as the list query finds them. */
export class ObjectsTable {
  readonly database: Connection = new Database(':memory:');

  constructor() {
    registerQueryFunctions(this.database);
    this.database.exec(`
      CREATE TABLE objects (id TEXT NOT NULL, parent_id TEXT NOT NULL, resource_name TEXT NOT NULL,
        last_modified INTEGER NOT NULL, data TEXT NOT NULL, deleted INTEGER NOT NULL,
        PRIMARY KEY (parent_id, resource_name, id));
      CREATE UNIQUE INDEX objects_timestamps ON objects (parent_id, resource_name, last_modified)`);
  }

  /** What the list holds from now on. Every second row escapes what is not ASCII, as either form may be stored. */
  fill(rows: readonly Row[], { parentId, resourceName }: ListName = LIST): void {
    const insert = this.database.prepare('INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)');
    this.database.transaction(() => {
      this.database.prepare('DELETE FROM objects WHERE parent_id = ?').run(parentId);
      for (const [i, { id, lastModified, data, deleted }] of rows.entries()) {
        const json = i % 2 === 0 ? encodeJson(data) : JSON.stringify(data);
        insert.run(id, parentId, resourceName, lastModified, json, deleted ? 1 : 0);
      }
    })();
  }

  list(query: Parameters<typeof listSql>[1], options?: ListSqlOptions): Row[] {
    return this.all<StoredRow>(listSql(LIST, query, options)).map(({ id, last_modified, data, deleted }) => ({
      id,
      lastModified: last_modified,
      data: JSON.parse(data) as JsonObject,
      deleted: deleted === 1,
    }));
  }

  count(query: Pick<ListQuery, 'filters'>, options?: ListSqlOptions): number {
    return this.all<{ count: number }>(countSql(LIST, query, options))[0]?.count ?? -1;
  }

  plan({ text, parameters }: SqlStatement): string {
    const steps = this.database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameters) as { detail: string }[];
    return steps.map(({ detail }) => detail).join('\n');
  }

  close(): void {
    this.database.close();
  }

  private all<T>({ text, parameters }: SqlStatement): T[] {
    return this.database.prepare(text).all(...parameters) as T[];
  }
}

interface StoredRow {
  readonly id: string;
  readonly last_modified: number;
  readonly data: string;
  readonly deleted: number;
}
