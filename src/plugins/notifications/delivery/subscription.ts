import { matcherOf, type ObjectMatcher } from '../../../storage/object-match.js';
import { isJsonObject, type JsonObject } from '../../../wire/json.js';
import type { StoredObject } from '../../../wire/stored-object.js';
import { readFilter, type KindName } from '../subscription-kinds.js';
import { Triggers } from '../triggers.js';

/** One user's wish to be notified, as the deliverer knows it. */
export class Subscription {
  readonly key: string;
  readonly triggers: Triggers;
  readonly matches: ObjectMatcher;

  constructor(
    readonly kind: KindName,
    readonly owner: string,
    readonly stored: StoredObject,
    ownBucket: string | undefined,
  ) {
    this.key = keyOf(kind, owner, stored.id);
    const { triggers, filter } = stored.value;
    this.triggers = new Triggers(isJsonObject(triggers) ? triggers : {}, ownBucket);
    this.matches = matcherOf(isJsonObject(filter) ? readFilter(filter).getQuery().filters : []);
  }

  get id(): string {
    return this.stored.id;
  }

  get value(): Readonly<JsonObject> {
    return this.stored.value;
  }

  get isActive(): boolean {
    return this.value.active !== false;
  }

  /** Whether each object's text is told; a webhook's owner has to say so if not, a push message has little room. */
  get includesData(): boolean {
    const { include_data: wanted } = this.value;
    return typeof wanted === 'boolean' ? wanted : this.kind === 'webhook';
  }

  /** Whether what the object was before is told as well. */
  get includesOld(): boolean {
    return this.value.include_old === true;
  }

  /** Where its messages go: a secret. */
  get address(): string {
    const { url, push } = this.value;
    const endpoint = isJsonObject(push) ? push.endpoint : url;
    return typeof endpoint === 'string' ? endpoint : '';
  }

  /** Names it in the log without giving its address away. */
  get label(): string {
    return `${this.kind} ${this.id} of ${this.owner}`;
  }

  /** @param expiresAfter in ms; 0: never */
  isExpired(expiresAfter: number, now = Date.now()): boolean {
    return this.kind === 'webpush' && expiresAfter > 0 && now >= this.stored.lastModified + expiresAfter;
  }
}

export function keyOf(kind: KindName, owner: string, id: string): string {
  return `${kind}/${id}/${owner}`;
}

/** Under which name the place of a subscription that is behind is kept. */
export function consumerOf(key: string): string {
  return `notification:${key}`;
}
