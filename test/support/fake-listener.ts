import type { ChangeListener, Delivery } from '../../src/changes/change-listener.js';
import { DELIVERY_RULES, type DeliveryRules } from '../../src/changes/delivery-rules.js';
import { ListenerFilter, type WantedChanges } from '../../src/changes/listener-filter.js';
import { RegisteredListener } from '../../src/changes/registered-listener.js';
import type { CommittedChange } from '../../src/changes/resource-change.js';

type Reaction = (change: CommittedChange, cutOff?: AbortSignal) => Promise<void> | void;

/** Keeps what it is told; reacts as the test says, and has heard only what it did not fail at. */
export class FakeListener implements ChangeListener {
  readonly tried: CommittedChange[] = [];
  readonly heard: CommittedChange[] = [];
  closed = 0;
  progress = 0;
  reaction: Reaction;

  constructor(
    readonly delivery: Delivery,
    reaction: Reaction = () => undefined,
  ) {
    this.reaction = reaction;
  }

  async afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> {
    this.tried.push(change);
    await this.reaction(change, cutOff);
    this.heard.push(change);
  }

  progressOf(): number {
    return this.progress;
  }

  close(): void {
    this.closed += 1;
  }

  /** The ids of the objects heard of, in order. */
  get ids(): string[] {
    return idsOf(this.heard);
  }
}

export function idsOf(changes: readonly CommittedChange[]): string[] {
  return changes.flatMap(({ impacted }) => impacted.map(({ id }) => id));
}

export function registered(
  name: string,
  listener: ChangeListener,
  filter: Partial<WantedChanges> = {},
  rules: Partial<DeliveryRules> = {},
): RegisteredListener {
  const all = { actions: ['create', 'update', 'delete'], resources: [], buckets: [], collections: [] };
  return new RegisteredListener(name, 'fake', listener, new ListenerFilter({ ...all, ...filter }), {
    ...DELIVERY_RULES,
    ...rules,
  });
}

export const NEVER = (): Promise<void> => new Promise(() => undefined);
