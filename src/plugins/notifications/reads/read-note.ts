/** That somebody has read an object, and nothing of who it was. */
export interface ReadNote {
  readonly uri: string;
  /** In ms since the epoch. */
  readonly at: number;
}

/** Reads of one object within this time of one that was noted are the same one, in ms (seed-systems.md, 6.3). */
export const READ_WINDOW = 60_000;

/** Also where the clock has been set back. */
export function isWithinWindow(one: number, other: number): boolean {
  return Math.abs(one - other) < READ_WINDOW;
}
