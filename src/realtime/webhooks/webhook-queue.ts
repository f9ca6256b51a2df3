import type { WebhookTarget } from './webhook-event.js';

/** A webhook that is to be delivered. */
export interface NewWebhook {
  readonly target: WebhookTarget;
  /** What is posted and signed, byte for byte the same at every try. */
  readonly body: string;
  /** In ms since the epoch. */
  readonly createdAt: number;
}

export interface QueuedWebhook extends NewWebhook {
  /** Grows in the order of `put`, and is never given twice. */
  readonly id: number;
  /** How many tries have failed. */
  readonly tries: number;
}

/**
 * What is to be delivered, and waits until it is. A webhook stays in the queue until it is `done` or dropped, so that
 * a process that dies delivers it twice rather than never. One process at a time takes from the queue, one webhook of
 * a target at a time. Every method may reject when the place where the queue is kept fails; nothing has changed then.
 */
export interface WebhookQueue {
  /** Adds them behind what waits, in this order: all or none. They are kept when it resolves. */
  put(webhooks: readonly NewWebhook[]): Promise<void>;
  /** The oldest of the target. It stays the oldest. */
  take(target: WebhookTarget): Promise<QueuedWebhook | undefined>;
  /** It was delivered, and leaves. */
  done(webhook: QueuedWebhook): Promise<void>;
  /** A try has failed. It stays where it is. */
  fail(webhook: QueuedWebhook): Promise<void>;
  /** Drops the oldest of the target, so that no more wait. @returns how many were dropped */
  dropExcess(target: WebhookTarget, maxWaiting: number): Promise<number>;
  /** @param createdBefore in ms since the epoch @returns how many of the target were dropped */
  dropOld(target: WebhookTarget, createdBefore: number): Promise<number>;
  /** Drops what waits for any other target. @returns how many were dropped */
  keepOnly(targets: readonly WebhookTarget[]): Promise<number>;
}
