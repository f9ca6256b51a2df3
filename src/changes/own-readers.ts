import type { ImpactedObject } from './resource-change.js';

/** Who could read an object by its own entries alone; what is above it may give the same to others. */
export interface OwnReaders {
  /** Before the change; empty when the object was not there. */
  readonly before: readonly string[];
  /** After it; empty when the object is gone, with all its entries. */
  readonly after: readonly string[];
}

/** The permissions on an object itself that let somebody read it (kinto-api.md, 7.1). */
const READING = ['read', 'write'];

const NOBODY: readonly string[] = [];

/** @param list who holds which permission on the object itself */
export function readersIn(list: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const held = READING.map((permission) => list[permission] ?? NOBODY).filter(({ length }) => length > 0);
  return held.length === 1 ? held[0]! : [...new Set(held.flat())];
}

/**
 * As the log keeps it. The everyday case costs nothing there: the only one is who changed the object.
 *
 * @param before `undefined`: the object was not there
 * @param after `undefined`: it is gone
 */
export function writeOwnReaders(
  userId: string | null,
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): string | undefined {
  if (isOnly(userId, before) && isOnly(userId, after)) return undefined;
  return JSON.stringify({ before: before ?? NOBODY, after: after ?? NOBODY });
}

/** What {@link writeOwnReaders} has written. */
export function ownReaders(
  action: string,
  { principals, userId }: Pick<ImpactedObject, 'principals' | 'userId'>,
): OwnReaders {
  if (principals !== undefined) return JSON.parse(principals) as OwnReaders;
  const only = userId === null ? NOBODY : [userId];
  return { before: action === 'create' ? NOBODY : only, after: action === 'delete' ? NOBODY : only };
}

function isOnly(userId: string | null, readers: readonly string[] | undefined): boolean {
  return readers === undefined || (readers.length === 1 && readers[0] === userId);
}
