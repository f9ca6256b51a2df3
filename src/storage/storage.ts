import type { Position } from '../wire/position.js';
import type { StoredObject } from '../wire/stored-object.js';
import type { ListQuery } from '../wire/query/list-query.js';
import type { JsonObject } from '../wire/json.js';
import type { SqlSession } from './sql-session.js';

/** The objects of one plural endpoint: Kinto's parent and resource, the unit that owns a timestamp and a position. */
export interface ObjectList {
  /** The parent's URI without the version prefix, `''` at the root. */
  readonly parentId: string;
  readonly resourceName: string;
}

/** What was written, and its place in the list's history. */
export interface WrittenObject {
  readonly object: StoredObject;
  readonly position: Position;
}

/** The part of a list query that the database answers. */
export type Selection = Pick<ListQuery, 'filters' | 'sort' | 'limit' | 'token' | 'includeDeleted'>;

/** What narrows a list besides the filters of its caller. */
export interface ListOptions {
  /** Only these ids may be seen, whatever else matches: the objects shared with the caller (kinto-api.md, 7.5). */
  readonly onlyIds?: readonly string[] | undefined;
  /** Never tombstones, not even where a filter looks at `last_modified`: for a plural DELETE. */
  readonly liveOnly?: boolean;
  /**
   * The lists of every user instead of this one: all whose parent is a name and no URI, as accounts have it. Ids are
   * then what no two objects share, and timestamps are not: who reads page by page must sort by the id, too.
   */
  readonly everyUser?: boolean;
}

/** Reads from one consistent snapshot: nothing uncommitted by others, and everything written by its own unit. */
export interface StorageView {
  readonly sql: SqlSession;
  /** The live object of that id. */
  findObject(list: ObjectList, id: string): Promise<StoredObject | undefined>;
  /** Whether there is a live object of that id: cheaper than finding it. */
  hasObject(list: ObjectList, id: string): Promise<boolean>;
  /**
   * The objects selected, in the order asked for: up to `selection.limit + 1` of them, so that the caller can see
   * that more follow.
   */
  listObjects(list: ObjectList, selection: Selection, options?: ListOptions): Promise<StoredObject[]>;
  /** How many live objects the filters select; pages and tombstones do not count. */
  countObjects(list: ObjectList, selection: Selection, options?: ListOptions): Promise<number>;
  /** The list's timestamp in ms; `undefined` when nothing was ever written or asked there. */
  findListTimestamp(list: ObjectList): Promise<number | undefined>;
}

/**
 * Everything one request writes. It becomes durable as a whole or leaves no trace. Units never overlap within one
 * list: the timestamps and positions they are given are in commit order.
 *
 * A unit may await nothing but its own storage calls: on the embedded database everybody else's write waits for it.
 */
export interface UnitOfWork extends StorageView {
  /** Unique per unit: names the request in the change log. */
  readonly id: string;
  /**
   * Creates the object, over its tombstone if there is one. `last_modified` in the value is taken as the client's
   * suggestion (kinto-api.md, 2.3).
   *
   * @throws ApiError CONSTRAINT_VIOLATED when a live object has that id, or another one has that very timestamp
   */
  createObject(list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject>;
  /** Replaces the object's whole value. Same rule for `last_modified`. */
  updateObject(list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject>;
  /** Leaves a tombstone. A suggested timestamp counts only if it is after the object's own. */
  deleteObject(list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject>;
  /** The list's timestamp; a list that has none gets one now, for good (kinto-api.md, 2.4). */
  ensureListTimestamp(list: ObjectList): Promise<number>;
  /** Removes everything whose parent is `uri` or lies below it: objects, tombstones, lists' timestamps. No limit. */
  deleteBelow(uri: string): Promise<void>;
  /**
   * Removes every object, tombstone and list's timestamp. The change log stays, so that its readers keep their places;
   * no ETag of a list that was there fits one that is made anew.
   */
  deleteEverything(): Promise<void>;
  /** Runs the work so that its failure undoes the work alone and not the unit. */
  nested<T>(work: () => Promise<T>): Promise<T>;
  /** Calls back once this unit is durable, in the order asked; never when it, or what was nested, is undone. */
  onceDurable(callback: () => void): void;
}

/** Where objects live. */
export interface Storage {
  /** Runs the work on one snapshot of committed state. */
  read<T>(work: (view: StorageView) => Promise<T>): Promise<T>;
  /**
   * Runs the work as one unit. Resolves when it is durable: after power loss it is still there. Rejects with what the
   * work threw, everything undone; or with ApiError BACKEND when the database failed.
   *
   * The work may run again, with another unit, when what it wrote had to be undone for somebody else's sake. So it
   * changes nothing outside the unit: what has to happen there goes into {@link UnitOfWork.onceDurable} or comes after.
   *
   * @param lists those that it will write to, as far as that is known. Where units run side by side, those of one list
   *   are put one after another, and who writes to several has them locked from the start. It is a matter of speed
   *   alone: what is missing, or too much, changes nothing else
   */
  write<T>(work: (unit: UnitOfWork) => Promise<T>, lists?: () => readonly ObjectList[]): Promise<T>;
  /** Called after each durable group of units, in commit order. Must not throw. */
  onCommit(listener: () => void): void;
  /** Whether the database answers. */
  isHealthy(): Promise<boolean>;
}

/** The token Nest knows the storage by. */
export const STORAGE = Symbol('Storage');
