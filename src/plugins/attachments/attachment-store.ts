/** A file as it is kept. */
export interface StoredFile {
  readonly content: Buffer;
  /** Changes when the content does. */
  readonly version: string;
}

/**
 * Where files are kept. Names are paths with `/` of letters, digits, `_`, `.`, `-` and what the settings add; a store
 * refuses those that lead out of it.
 */
export interface AttachmentStore {
  /**
   * Keeps a file and never replaces one: where the name is taken, it gets another one, `a-1.txt` for `a.txt`. When it
   * resolves, the file is durable.
   *
   * @param type the media type, for those who read the file
   * @returns the name it was given
   */
  save(name: string, content: Buffer, type: string): Promise<string>;
  find(name: string): Promise<StoredFile | undefined>;
  /** A file that is not there is removed already. */
  remove(name: string): Promise<void>;
}

/** A name that no file can have. */
export class BadFileName extends Error {
  override readonly name = 'BadFileName';
}

/** @throws BadFileName for whatever is not plainly below the store's root */
export function ensureInside(name: string): void {
  const segments = name.split('/');
  const isPlain = (segment: string) => segment !== '' && !segment.startsWith('.') && !/[\0\\]/.test(segment);
  if (segments.every(isPlain)) return;
  throw new BadFileName('a file name must be a plain relative path');
}

/** How many names are tried for one file: beyond it, somebody is filling the folder. */
const MAX_TRIES = 1_000;

/** The names that a file may get: its own, then numbered ones. */
export function* candidates(name: string): Generator<string> {
  yield name;
  const slash = name.lastIndexOf('/');
  const dot = name.lastIndexOf('.');
  const end = dot > slash + 1 ? dot : name.length;
  for (let number = 1; number < MAX_TRIES; number++) yield `${name.slice(0, end)}-${number}${name.slice(end)}`;
}
