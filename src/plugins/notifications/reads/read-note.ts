import type { ObjectList } from '../../../storage/storage.js';

/** That somebody has read an object, and nothing of who it was. */
export interface ReadNote {
  readonly uri: string;
  readonly list: ObjectList;
  readonly id: string;
  /** In ms since the epoch. */
  readonly at: number;
}

/** Reads of one object within this time of one that was noted are the same one, in ms (seed-systems.md, 6.3). */
export const READ_WINDOW = 60_000;
