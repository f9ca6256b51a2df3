import type { Triggers } from './triggers.js';

/**
 * Which subscriptions may want to be told of an object, without asking each of them. Only patterns with `*` for an id
 * are candidates for every object; the others are found by its URI.
 */
export class TriggerIndex {
  /** By an object's URI. */
  private readonly ofObject = new Map<string, Set<string>>();
  /** By a list's. */
  private readonly ofMembers = new Map<string, Set<string>>();
  /** By the URI of an object or a list that everything below counts for. */
  private readonly ofAllBelow = new Map<string, Set<string>>();
  private readonly ofAny = new Set<string>();
  private readonly known = new Map<string, Triggers>();

  set(key: string, triggers: Triggers): void {
    this.delete(key);
    this.known.set(key, triggers);
    for (const pattern of triggers.patterns) this.placeOf(pattern, (keys) => keys.add(key));
  }

  delete(key: string): void {
    for (const pattern of this.known.get(key)?.patterns ?? []) this.placeOf(pattern, (keys) => keys.delete(key));
    this.known.delete(key);
  }

  /** The keys of those that may want it, each once; their triggers decide. */
  candidates(uri: string): Set<string> {
    const found = new Set(this.ofAny);
    const add = (keys: ReadonlySet<string> | undefined) => keys?.forEach((key) => found.add(key));
    add(this.ofObject.get(uri));
    add(this.ofMembers.get(uri.slice(0, uri.lastIndexOf('/'))));
    for (let end = uri.length; end > 0; end = uri.lastIndexOf('/', end - 1))
      add(this.ofAllBelow.get(uri.slice(0, end)));
    return found;
  }

  private placeOf(pattern: string, change: (keys: Set<string>) => void): void {
    if (pattern.split('/').includes('*')) return change(this.ofAny);
    const isDeep = pattern.endsWith('/**');
    const uri = isDeep ? pattern.slice(0, -3) : pattern;
    const isObject = uri.split('/').length % 2 === 1;
    const map = isDeep ? this.ofAllBelow : isObject ? this.ofObject : this.ofMembers;
    const keys = map.get(uri) ?? new Set<string>();
    change(keys);
    if (keys.size === 0) map.delete(uri);
    else map.set(uri, keys);
  }
}
