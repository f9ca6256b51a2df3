import type { Caller } from '../../auth/authenticator.js';
import type { ListedChange } from '../../storage/list-history.js';
import type { ObjectList, StorageView } from '../../storage/storage.js';

/** A change of any list. */
export interface StreamChange extends ListedChange {
  readonly list: ObjectList;
}

/** The whole change log, in the order of commits. Its positions are those of the change feed. */
export interface StreamLog {
  isPosition(text: string): boolean;
  /** The newest position of this snapshot. */
  top(view: StorageView): Promise<string>;
  /** The position before everything that the log still has. */
  earliest(view: StorageView): Promise<string>;
  /** Why nobody can go on from there without missing something; `undefined`: they can. */
  findReasonToReset(view: StorageView, position: string): Promise<string | undefined>;
  /** The changes after the position: about `limit` of them, and none only where there are none. */
  readAfter(
    view: StorageView,
    position: string,
    limit: number,
  ): Promise<readonly { readonly position: string; readonly change: StreamChange }[]>;
  /** About how many changes lie between the two. */
  distance(from: string, to: string): number;
}

/** What somebody may know of a change of an object. */
export interface SeenChange {
  readonly uri: string;
  /** `left`: they could read the object before it, by its own entries, and cannot any more. */
  readonly as: 'whole' | 'left';
  /** Whether they could read it before. */
  readonly tellsOld: boolean;
  /** Whether they may write the list, and so are told who else does. */
  readonly tellsUser: boolean;
}

/** What one caller may see of the log, by the permissions of one snapshot. */
export interface ChangeSight {
  /** The URI of the changed object; `undefined`: it is of no resource that is shown to anybody. */
  uriOf(change: StreamChange): string | undefined;
  /** @returns `undefined`: nothing */
  look(change: StreamChange, uri: string): Promise<SeenChange | undefined>;
}

export type MakeSight = (view: StorageView, caller: Caller) => ChangeSight;
