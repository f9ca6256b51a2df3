import type { ListedChange } from '../../storage/list-history.js';
import type { ObjectList, StorageView } from '../../storage/storage.js';

/** A change of any list. */
export interface FeedChange extends ListedChange {
  readonly list: ObjectList;
}

/** A change, and its place among those that are read. */
export interface PlacedChange {
  readonly position: string;
  readonly change: FeedChange;
}

/** A part of the change log that has one order. Positions are its own texts. */
export interface FeedSource {
  isPosition(text: string): boolean;
  /** The newest position of this snapshot. */
  top(view: StorageView): Promise<string>;
  /** The position before everything that the log still has. */
  earliest(view: StorageView): Promise<string>;
  /** Why nobody can go on from there without missing something; `undefined`: they can. */
  findReasonToReset(view: StorageView, position: string): Promise<'new_history' | 'expired' | undefined>;
  /** The changes after the position, in their order: about `limit` of them, and none only where there are none. */
  readAfter(view: StorageView, position: string, limit: number): Promise<readonly PlacedChange[]>;
}
