import { formatPosition, parsePosition, type Position } from '../../wire/position.js';

/**
 * Up to where somebody knows a list. Who sees only the objects shared with them does not know the list up to there:
 * such a place says so, since going on from it with more rights would leave out what was there before.
 */
export interface ListPlace {
  readonly position: Position;
  readonly isPartial: boolean;
}

/** What marks the place of a partial view. */
const PARTIAL = '.s';

export function formatPlace({ position, isPartial }: ListPlace): string {
  return isPartial ? formatPosition(position) + PARTIAL : formatPosition(position);
}

/** `undefined` for anything that {@link formatPlace} cannot have written. */
export function parsePlace(text: string): ListPlace | undefined {
  const isPartial = text.endsWith(PARTIAL);
  const position = parsePosition(isPartial ? text.slice(0, -PARTIAL.length) : text);
  return position === undefined ? undefined : { position, isPartial };
}
