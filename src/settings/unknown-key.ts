import type { RawSetting } from './raw-setting.js';

/** Further apart than this, two keys are different keys. A short key allows less, or everything would resemble it. */
const MOST_EDITS = 3;
const CHARACTERS_PER_EDIT = 4;
/** The comparison takes length × length steps; no key of ours is near this long. */
const LONGEST_COMPARED = 100;

/** The warning for a key nobody asked for: one line, without its value. @param known as {@link unknownKeyProblem} */
export function unknownKeyWarning(unknown: RawSetting, known: Iterable<string>): string {
  return `${unknown.origin}: ${unknownKeyProblem(unknown, known)}`;
}

/**
 * What is wrong with a key nobody asked for.
 *
 * @param known the keys that exist, without prefix: {@link SettingSource.keysRead}
 */
export function unknownKeyProblem({ key, written = key }: RawSetting, known: Iterable<string>): string {
  const closest = findClosestKey(key, known);
  const hint =
    closest === undefined ? '' : `; did you mean ${written.slice(0, written.length - key.length)}${closest}?`;
  return `${written} is not a setting and has no effect${hint}`;
}

/** The known key that is a few typing mistakes away, if one is: the nearest, and of equals the first. */
export function findClosestKey(key: string, known: Iterable<string>): string | undefined {
  const most = Math.min(MOST_EDITS, Math.floor(key.length / CHARACTERS_PER_EDIT));
  let closest: string | undefined;
  let fewest = most + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - key.length) >= fewest || candidate.length > LONGEST_COMPARED) continue;
    const edits = editsBetween(key, candidate);
    if (edits < fewest) [closest, fewest] = [candidate, edits];
  }
  return closest;
}

/** Characters to insert, remove, replace, or swap with their neighbour (the optimal string alignment distance). */
function editsBetween(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
        swapped ? at(beforePrevious, column - 2) + 1 : Infinity,
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
