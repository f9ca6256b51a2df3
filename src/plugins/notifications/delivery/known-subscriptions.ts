import { TriggerIndex } from '../trigger-index.js';
import type { Subscription } from './subscription.js';

/** Subscriptions by their keys, and by what they want to be told of. */
export class KnownSubscriptions {
  private readonly byKey = new Map<string, Subscription>();
  private readonly index = new TriggerIndex();
  private reading = 0;

  get size(): number {
    return this.byKey.size;
  }

  /** Whether any of them wants reads. */
  get wantReads(): boolean {
    return this.reading > 0;
  }

  get(key: string): Subscription | undefined {
    return this.byKey.get(key);
  }

  /** In place of the one that has its key. */
  set(one: Subscription): void {
    this.delete(one.key);
    this.byKey.set(one.key, one);
    this.index.set(one.key, one.triggers);
    if (one.triggers.hasReads) this.reading += 1;
  }

  delete(key: string): void {
    if (this.byKey.get(key)?.triggers.hasReads === true) this.reading -= 1;
    this.byKey.delete(key);
    this.index.delete(key);
  }

  all(): Subscription[] {
    return [...this.byKey.values()];
  }

  /** Those whose triggers may name the object: they decide. */
  candidates(uri: string): Subscription[] {
    return [...this.index.candidates(uri)].map((key) => this.byKey.get(key)!);
  }
}
