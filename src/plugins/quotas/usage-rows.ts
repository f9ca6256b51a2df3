import type { UnitOfWork } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import { isJsonObject, parseJsonText, stringifyJson } from '../../wire/json.js';
import { fromStored, isNothing, plus, toStored, type Usage } from './usage.js';

const RESOURCE = 'quota';

/** The row of the bucket itself. */
export const BUCKET_ROW = 'bucket';

/** Collections have theirs in their bucket: a row below the collection would be gone before what it says is needed. */
export function collectionRow(id: string): string {
  return `collection/${id}`;
}

const FIND = `SELECT data, change_n FROM objects WHERE parent_id = ? AND resource_name = '${RESOURCE}' AND id = ?`;

/** Takes effect only on the row as it was read; from then on the row is locked until the commit. */
const REPLACE = `UPDATE objects SET data = ?, change_n = ?
  WHERE parent_id = ? AND resource_name = '${RESOURCE}' AND id = ? AND change_n = ?`;

const REMOVE = `DELETE FROM objects WHERE parent_id = ? AND resource_name = '${RESOURCE}' AND id = ?`;

/** How often somebody else may have been faster. On the embedded database nobody ever is. */
const MAX_TRIES = 20;

/** What is kept of the usage of one bucket and its collections: objects of a resource that has no endpoint. */
export class UsageRows {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly bucketUri: string,
  ) {}

  async find(id: string): Promise<Usage | undefined> {
    return (await this.read(id))?.usage;
  }

  /** Adds to the row and answers the sum; `undefined` when there is no such row. */
  async add(id: string, change: Usage): Promise<Usage | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const row = await this.read(id);
      if (row === undefined || isNothing(change)) return row?.usage;
      const sum = plus(row.usage, change);
      const values = [stringifyJson(toStored(sum)), row.version + 1, this.bucketUri, id, row.version];
      if ((await this.unit.sql.run(REPLACE, values)) === 1) return sum;
    }
    throw new ApiError('CONSTRAINT_VIOLATED');
  }

  async create(id: string, usage: Usage): Promise<void> {
    await this.unit.createObject({ parentId: this.bucketUri, resourceName: RESOURCE }, id, toStored(usage));
  }

  async remove(id: string): Promise<void> {
    await this.unit.sql.run(REMOVE, [this.bucketUri, id]);
  }

  private async read(id: string): Promise<{ usage: Usage; version: number } | undefined> {
    const row = await this.unit.sql.first<{ data: string; change_n: number }>(FIND, [this.bucketUri, id]);
    if (row === undefined) return undefined;
    const value = parseJsonText(row.data);
    return { usage: fromStored(isJsonObject(value) ? value : {}), version: row.change_n };
  }
}
