import type { WebhookTarget } from './webhook-event.js';
import type { NewWebhook, QueuedWebhook, WebhookQueue } from './webhook-queue.js';

/** A queue that ends with the process. */
export class MemoryWebhookQueue implements WebhookQueue {
  private waiting: QueuedWebhook[] = [];
  private lastId = 0;

  put(webhooks: readonly NewWebhook[]): Promise<void> {
    for (const webhook of webhooks) this.waiting.push({ ...webhook, id: (this.lastId += 1), tries: 0 });
    return Promise.resolve();
  }

  take(target: WebhookTarget): Promise<QueuedWebhook | undefined> {
    return Promise.resolve(this.waiting.find((webhook) => isFor(webhook, target)));
  }

  done({ id }: QueuedWebhook): Promise<void> {
    this.waiting = this.waiting.filter((webhook) => webhook.id !== id);
    return Promise.resolve();
  }

  fail({ id }: QueuedWebhook): Promise<void> {
    this.waiting = this.waiting.map((webhook) => {
      return webhook.id === id ? { ...webhook, tries: webhook.tries + 1 } : webhook;
    });
    return Promise.resolve();
  }

  dropExcess(target: WebhookTarget, maxWaiting: number): Promise<number> {
    const kept = new Set(this.waiting.filter((webhook) => isFor(webhook, target)).slice(-maxWaiting));
    return this.keep((webhook) => !isFor(webhook, target) || kept.has(webhook));
  }

  dropOld(target: WebhookTarget, createdBefore: number): Promise<number> {
    return this.keep((webhook) => !isFor(webhook, target) || webhook.createdAt >= createdBefore);
  }

  keepOnly(targets: readonly WebhookTarget[]): Promise<number> {
    return this.keep((webhook) => targets.some((target) => isFor(webhook, target)));
  }

  private keep(wanted: (webhook: QueuedWebhook) => boolean): Promise<number> {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter(wanted);
    return Promise.resolve(before - this.waiting.length);
  }
}

function isFor({ target }: QueuedWebhook, { appId, url }: WebhookTarget): boolean {
  return target.appId === appId && target.url === url;
}
