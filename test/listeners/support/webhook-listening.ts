import { Webhook } from 'standardwebhooks';
import { ListenerKinds, type ChangeListener } from '../../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../../src/changes/configured-listeners.js';
import type { CommittedChange, ImpactedObject } from '../../../src/changes/resource-change.js';
import { webhookListener } from '../../../src/listeners/webhook/webhook.listener.js';
import { SettingSource } from '../../../src/settings/settings.js';
import type { JsonObject } from '../../../src/wire/json.js';
import { committedChange, impacted } from '../../support/committed-change.js';
import { FakeReceiver, type Received } from '../../support/fake-receiver.js';

export const SECRET = `whsec_${Buffer.from('an example of thirty-two bytes!!').toString('base64')}`;
export const OLD_SECRET = 'a-plain-secret-of-old';

/** The lines of a webhook listener called `hook`; `more` comes in place of the usual. */
export function webhookIni(url: string, more: readonly string[] = []): string {
  const keyOf = (line: string) => line.split(' ', 1)[0];
  const usual = ['use = webhook', `url = ${url}`, `secret = ${SECRET}`, 'allow_private_addresses = true'];
  const lines = [...usual.filter((line) => !more.map(keyOf).includes(keyOf(line))), ...more];
  return ['kinto.event_listeners = hook', ...lines.map((line) => `kinto.event_listeners.hook.${line}`)].join('\n');
}

export function registeredWebhook(url: string, ...more: string[]) {
  const kinds = new ListenerKinds();
  kinds.add('webhook', webhookListener);
  const source = SettingSource.fromText(`[app:main]\n${webhookIni(url, more)}`, { file: 'kinto.ini' });
  return makeConfiguredListeners(source, kinds)[0]!;
}

/** The body, once the receiver's library has found that it is signed. */
export function verified({ body, headers }: Received, secret = SECRET): JsonObject {
  const format = secret.startsWith('whsec_') ? undefined : ({ format: 'raw' } as const);
  return new Webhook(secret, format).verify(body, headers as Record<string, string>) as JsonObject;
}

export function objectsAt(...ids: string[]): ImpactedObject[] {
  return ids.map((id, index) => ({ ...impacted(id), position: { epoch: 'e', n: index + 1, salt: 0 } }));
}

export const idsOf = (receiver: FakeReceiver) => receiver.received.map(({ headers }) => headers['webhook-id']);
export const shownObjects = (receiver: FakeReceiver) => receiver.received.map(({ body }) => /r\d(?=")/.exec(body)?.[0]);

/** One listener and two receivers. */
export class WebhookScene {
  private readonly listeners: ChangeListener[] = [];

  private constructor(
    readonly receiver: FakeReceiver,
    readonly other: FakeReceiver,
  ) {}

  static async open(): Promise<WebhookScene> {
    return new WebhookScene(await FakeReceiver.open(), await FakeReceiver.open());
  }

  get listener(): ChangeListener {
    return this.listeners.at(-1)!;
  }

  /** From now on, changes are told to a listener that posts to the first receiver alone. */
  listen(...more: string[]): void {
    this.listenAt(`${this.receiver.url}/hook`, ...more);
  }

  listenAt(urls: string, ...more: string[]): void {
    this.listeners.push(registeredWebhook(urls, ...more).listener);
  }

  async tell(change: CommittedChange = committedChange(), cutOff?: AbortSignal): Promise<void> {
    await this.listener.afterCommit(change, cutOff);
  }

  async failureOf(telling: Promise<void>): Promise<Error> {
    const failure: unknown = await telling.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof Error)) throw new Error('it did not fail');
    return failure;
  }

  async close(): Promise<void> {
    for (const listener of this.listeners) await listener.close?.();
    await Promise.all([this.receiver.close(), this.other.close()]);
  }
}
