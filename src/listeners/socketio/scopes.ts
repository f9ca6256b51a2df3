import type { LiveLists } from '../../resources/live/live-lists.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import { ApiError } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { isRecord, problem, queryOf } from './command-request.js';
import { isWithin } from './namespace.js';
import { Scope, type ScopeParts } from './scope.js';

export interface ScopesParts extends Omit<ScopeParts, 'ended' | 'tellsData'> {
  readonly view: string;
  readonly lists: Pick<LiveLists, 'add'>;
  readonly most: number;
  /** @throws Refused as a GET of the list would be */
  readonly follow: (listUri: string, query: string) => Promise<OpenedList>;
  /** Whether the socket is still there. */
  readonly isOpen: () => boolean;
}

const MOST_KEY_CHARACTERS = 200;

const INCLUDED = ['data', 'old'];

/** The subscriptions of one socket, by the keys that it gave them. */
export class Scopes {
  private readonly scopes = new Map<string, Scope>();
  /** Asked for, and not there yet. */
  private readonly coming = new Set<string>();

  constructor(private readonly parts: ScopesParts) {}

  /**
   * Acknowledged once it is live: what is written after the acknowledgement is told.
   *
   * @throws ApiError, or Refused as a GET of the list would be
   */
  async subscribe(given: unknown): Promise<{ body: JsonObject; afterwards: () => void }> {
    const { key, listUri, query, tellsData } = read(given);
    if (this.scopes.has(key) || this.coming.has(key)) throw problem('key', 'There is a subscription of that key');
    if (this.scopes.size + this.coming.size >= this.parts.most) {
      const message = `A socket may have ${this.parts.most} subscriptions.`;
      throw new ApiError('FORBIDDEN', { message, details: { limit: this.parts.most } });
    }
    this.coming.add(key);
    try {
      const { start, reached: position, resumed, pending } = await this.parts.follow(listUri, query);
      // The default bucket has another name than it was asked for by.
      const uri = start.place.listUri;
      if (!isWithin(this.parts.view, uri)) throw problem('uri', 'It is not in this namespace');
      const scope = new Scope(key, uri, { ...this.parts, tellsData, ended: () => this.scopes.delete(key) });
      const afterwards = () => {
        if (this.parts.isOpen() && this.scopes.get(key) === scope) scope.follow(this.parts.lists.add(start, scope));
      };
      this.scopes.set(key, scope);
      return { body: { key, list: uri, position, resumed, pending }, afterwards };
    } finally {
      this.coming.delete(key);
    }
  }

  /** @returns the keys that are no more. @throws ApiError 400 */
  unsubscribe(given: unknown): JsonObject {
    if (!isRecord(given)) throw problem('', 'It is an object with key, keys or all');
    const { key, keys = key === undefined ? [] : [key], all } = given;
    if (!Array.isArray(keys)) throw problem('keys', 'They are a list of texts');
    const ended =
      all === true ? [...this.scopes.keys()] : keys.filter((each: unknown) => this.scopes.has(String(each)));
    for (const each of ended) this.scopes.get(String(each))?.end();
    return { keys: ended.map(String) };
  }

  list(): JsonObject {
    return { subscriptions: [...this.scopes.values()].map(({ key, listUri }) => ({ key, list: listUri })) };
  }

  /** There is room again. */
  resume(): void {
    for (const scope of [...this.scopes.values()]) scope.resume();
  }

  checkpoint(): void {
    for (const scope of [...this.scopes.values()]) scope.checkpoint();
  }

  end(): void {
    for (const scope of [...this.scopes.values()]) scope.end();
  }
}

/** Of a collection its records are meant, of a bucket its collections; else it is the list itself. */
export function listUriOf(uri: string): string {
  const segments = uri.split('/');
  if (segments.length % 2 === 0) return uri;
  return uri + (segments.at(-2) === 'collections' ? '/records' : '/collections');
}

/** @throws ApiError 400 */
function read(given: unknown): { key: string; listUri: string; query: string; tellsData: boolean } {
  if (!isRecord(given)) throw problem('', 'A subscription is an object with a uri');
  const { uri, key = uri, filter = {}, include = ['data'], position, since, snapshot } = given;
  if (typeof uri !== 'string' || !/^(\/[^/]+)+$/.test(uri)) throw problem('uri', 'It is that of a list');
  if (typeof key !== 'string' || key === '' || key.length > MOST_KEY_CHARACTERS) {
    throw problem('key', `It is a text of up to ${MOST_KEY_CHARACTERS} characters`);
  }
  if (!isRecord(filter)) throw problem('filter', 'It is an object');
  if (!Array.isArray(include) || !include.every((each) => INCLUDED.includes(each as string))) {
    throw problem('include', `It is a list of ${INCLUDED.join(' and ')}`);
  }
  const beginning = {
    _include: include.includes('old') ? 'old' : undefined,
    ...{ _position: position, _since: since, _snapshot: snapshot },
  };
  const query = queryOf([...Object.entries(filter), ...Object.entries(beginning)]);
  return { key, listUri: listUriOf(uri), query, tellsData: include.includes('data') };
}
