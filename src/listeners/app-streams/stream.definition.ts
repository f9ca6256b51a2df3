import { randomInt } from 'node:crypto';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { ResourceDefinition } from '../../resources/resource-definition.js';
import { bodyProblem } from '../../resources/write-body.js';
import { invalidParameters } from '../../wire/api-error.js';
import type { ObjectList } from '../../storage/storage.js';
import { readWish } from './stream-wish.js';

export const STREAM = 'stream';

/** Where streams are connected to: ours, and pnut's word. */
export const LIVE_PATHS: readonly string[] = [`${VERSION_PREFIX}/streams/live`, `${VERSION_PREFIX}/apps`];

/** pnut's form of a key (seed-systems.md, 4.2); no line break at the end is taken. */
export const KEY_PATTERN = /^[A-Za-z0-9_]{1,32}$/;

/** What only the server says. */
export const SHOWN_ONLY = ['endpoint', 'position', 'acked', 'connected'] as const;

/** What is kept of one user's streams lies below this. It is no URI of the API. */
export function streamsParent(owner: string): string {
  return `/streams/${owner}`;
}

/** The streams of one user are a list of their own. */
export function streamList(owner: string): ObjectList {
  return { parentId: streamsParent(owner), resourceName: STREAM };
}

/** @param maxScope asked at each write, for the settings are read later than this is made */
export function streamDefinition(maxScope: () => number): ResourceDefinition {
  return {
    name: STREAM,
    plural: 'streams',
    ancestors: [],
    needsParent: false,
    idPattern: KEY_PATTERN,
    hasOwnEndpoints: true,
    makeId: () => String(randomInt(1, 2 ** 47)),
    checkAttributes: (given, { prefix, supplied }) => {
      // A PUT without data leaves what is there; of one that is not there, somebody has to say what it tells.
      const { value, problems } = readWish(given, prefix, { maxScope: maxScope() });
      return { value, problems: supplied ? problems : [] };
    },
  };
}

/** @throws ApiError 400 for a key that is not the id */
export function ensureSameKey(key: unknown, id: string): void {
  if (key === undefined || key === id) return;
  throw invalidParameters([bodyProblem('data.key', 'The key of a stream is its id, and stays')]);
}
