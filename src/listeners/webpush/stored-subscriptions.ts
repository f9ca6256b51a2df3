import type { CommittedChange } from '../../changes/resource-change.js';
import { readSubscription, shortNameOf, type EndpointRules } from '../../outgoing/webpush/push-target.js';
import type { ObjectList } from '../../storage/storage.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { PushSubscription, SubscriptionSource } from './push-subscription.js';

/** What a listener needs of the storage to keep its subscriptions there; the composition gives it. */
export interface ListenerObjects {
  /**
   * The newest objects of a list, at most `limit + 1`, and the list's timestamp; `undefined` when its timestamp is
   * still `unless`: nothing has changed there.
   */
  list(list: ObjectList, options: { limit: number; unless: number | undefined }): Promise<ListedObjects | undefined>;
  /**
   * Deletes the object as a request would, if it is still as it was read.
   *
   * @returns false when it is not, or nothing may be written
   * @throws what a commit hook refuses with
   */
  delete(list: ObjectList, object: StoredObject): Promise<boolean>;
}

export interface ListedObjects {
  readonly objects: readonly StoredObject[];
  /** `undefined`: nothing was ever written there. */
  readonly timestamp: number | undefined;
}

export interface StoredSubscriptionsParts {
  readonly objects: ListenerObjects;
  readonly rules: EndpointRules;
  readonly log: { log(line: string): void; warn(line: string): void };
}

/** Subscriptions that are records of a collection: read again when that has changed, deleted when they are gone. */
export class StoredSubscriptions implements SubscriptionSource {
  private readonly records: ObjectList;
  private readonly gone = new Set<string>();
  private known: { readonly timestamp: number | undefined; readonly byEndpoint: Map<string, PushSubscription> } = {
    timestamp: undefined,
    byEndpoint: new Map(),
  };

  /** @param collection `/buckets/<id>/collections/<id>` */
  constructor(
    private readonly collection: string,
    private readonly limit: number,
    private readonly parts: StoredSubscriptionsParts,
  ) {
    this.records = { parentId: collection, resourceName: 'record' };
  }

  async list(): Promise<readonly PushSubscription[]> {
    const listed = await this.parts.objects.list(this.records, { limit: this.limit, unless: this.known.timestamp });
    if (listed !== undefined) this.learn(listed);
    return [...this.known.byEndpoint.values()].filter(({ endpoint }) => !this.gone.has(endpoint));
  }

  /** They say who listens where; and a gone one that is deleted would be told to all the others. */
  holds({ parentId, resourceName }: CommittedChange): boolean {
    return resourceName === 'record' && parentId === this.collection;
  }

  private learn({ timestamp, objects }: ListedObjects): void {
    const { log } = this.parts;
    const byEndpoint = new Map<string, PushSubscription>();
    const problems: string[] = [];
    for (const object of objects.slice(0, this.limit)) {
      try {
        const subscription = this.subscriptionOf(object);
        // The newest first: an older record of the same endpoint has keys that were replaced.
        if (!byEndpoint.has(subscription.endpoint)) byEndpoint.set(subscription.endpoint, subscription);
      } catch (error) {
        problems.push(`${JSON.stringify(object.id)}: ${(error as Error).message}`);
      }
    }
    if (problems.length > 0) {
      log.warn(`${problems.length} record(s) of ${this.collection} are no push subscriptions, e.g. ${problems[0]}`);
    }
    if (objects.length > this.limit) log.warn(`${this.collection} has more than ${this.limit} push subscriptions`);
    for (const endpoint of this.gone) if (!byEndpoint.has(endpoint)) this.gone.delete(endpoint);
    this.known = { timestamp, byEndpoint };
  }

  private subscriptionOf(object: StoredObject): PushSubscription {
    const read = readSubscription(object.value, this.parts.rules);
    return {
      ...read,
      label: `subscription ${shortNameOf(read.endpoint)} at ${read.origin}`,
      narrow: (change) => change,
      remove: () => this.remove(read.endpoint, object),
    };
  }

  private async remove(endpoint: string, object: StoredObject): Promise<void> {
    // Also where it cannot be deleted, nothing is sent there again.
    this.gone.add(endpoint);
    try {
      await this.parts.objects.delete(this.records, object);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.parts.log.warn(`A push subscription that is gone cannot be deleted from ${this.collection}: ${reason}`);
    }
  }
}
