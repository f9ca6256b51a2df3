import type { Selection, StorageView } from '../../storage/storage.js';
import { StoredObject } from '../../wire/stored-object.js';

/** A collection at a time, in ms since the epoch. */
export interface Moment {
  readonly bucketUri: string;
  readonly collectionUri: string;
  readonly collectionId: string;
  readonly timestamp: number;
}

const TARGET = `data -> 'target' -> 'data'`;
const TARGET_TIME = `CAST(${TARGET} ->> 'last_modified' AS BIGINT)`;

/** Of each record that was changed or deleted since: its last entry until then. */
const EARLIER = `SELECT target FROM (
    SELECT CAST(${TARGET} AS TEXT) AS target, ${TARGET_TIME} AS changed, ${TARGET} ->> 'deleted' AS gone,
      row_number() OVER (PARTITION BY data ->> 'record_id' ORDER BY ${TARGET_TIME} DESC, last_modified DESC) AS age
    FROM objects WHERE parent_id = ? AND resource_name = 'history' AND data ->> 'resource_name' = 'record'
      AND data ->> 'collection_id' = ? AND ${TARGET_TIME} <= ?
      AND data ->> 'record_id' IN (SELECT id FROM objects
        WHERE parent_id = ? AND resource_name = 'record' AND last_modified > ?)
  ) AS entries WHERE age = 1 AND gone IS NULL ORDER BY changed DESC LIMIT ?`;

/**
 * The records at that moment, the latest changed first: those that were not changed since as they are, the others from
 * the history. It is only as complete as the history.
 */
export async function recordsAt(view: StorageView, moment: Moment, limit: number): Promise<StoredObject[]> {
  const { bucketUri, collectionUri, collectionId, timestamp } = moment;
  const unchanged = await view.listObjects(
    { parentId: collectionUri, resourceName: 'record' },
    unchangedSince(timestamp, limit),
  );
  const earlier = await view.sql.all<{ target: string }>(EARLIER, [
    bucketUri,
    collectionId,
    timestamp,
    collectionUri,
    view.sql.dialect.moment(timestamp),
    limit,
  ]);
  return [...unchanged, ...earlier.map(({ target }) => StoredObject.fromText(target))]
    .sort((a, b) => b.lastModified - a.lastModified)
    .slice(0, limit);
}

function unchangedSince(timestamp: number, limit: number): Selection {
  const path = ['last_modified'];
  return {
    filters: [{ path, parameter: 'max_last_modified', operator: 'max', value: timestamp }],
    sort: [{ field: 'last_modified', path, direction: 'descending' }],
    limit,
    includeDeleted: false,
  };
}
