/**
 * A place in the history of one list: `epoch.n.salt` (seed-systems.md, 8.2).
 *
 * `epoch` is random for each incarnation of the list, so that a restored or re-created list is never taken for the
 * old one. `n` counts the list's changes without gaps. `salt` is random per change: it detects a history that forked.
 */
export interface Position {
  readonly epoch: string;
  readonly n: number;
  /** 16 bits. */
  readonly salt: number;
}

export function formatPosition({ epoch, n, salt }: Position): string {
  return `${epoch}.${n}.${salt.toString(16).padStart(4, '0')}`;
}

/** `undefined` for anything that {@link formatPosition} cannot have written. */
export function parsePosition(text: string): Position | undefined {
  const match = /^([0-9a-z]{1,32})\.(\d{1,15})\.([0-9a-f]{4})$/.exec(text);
  if (match === null) return undefined;
  return { epoch: match[1]!, n: Number(match[2]), salt: parseInt(match[3]!, 16) };
}
