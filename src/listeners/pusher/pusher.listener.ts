import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Pusher from 'pusher';
import { UndeliverableChange, type ChangeListener, type ListenerDefinition } from '../../changes/change-listener.js';
import { ChannelTemplate, type ChannelShare } from '../../changes/channel-template.js';
import { messagesWithin } from '../../changes/payload.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import { PusherFailures } from './pusher-failures.js';
import { pusherOptions } from './pusher-options.js';
import { PusherSettings } from './pusher.settings.js';

/** Announces changes through the HTTP API of Pusher, or of any server that speaks it. */
export const pusherListener: ListenerDefinition<PusherSettings> = {
  kind: 'pusher',
  settings: PusherSettings,
  sharedPrefixes: ['pusher.'],
  create: (settings) => new PusherListener(settings),
};

class PusherListener implements ChangeListener {
  readonly delivery = 'once-per-cluster';
  // Private fields, so that no log line or inspector can show the secret or a signed URL in them.
  readonly #pusher: Pusher;
  readonly #failures: PusherFailures;
  readonly #agent: HttpAgent;
  private readonly template: ChannelTemplate;
  private readonly maxEventBytes: number;
  private unfinished: { readonly changeId: string; readonly sent: number } | undefined;

  constructor(settings: Readonly<PusherSettings>) {
    const options = pusherOptions(settings);
    this.#agent = new (options.useTLS ? HttpsAgent : HttpAgent)({ keepAlive: true });
    this.#pusher = new Pusher({ ...options, agent: this.#agent });
    this.#failures = new PusherFailures(settings);
    this.template = new ChannelTemplate(settings.channel);
    this.maxEventBytes = settings.maxEventBytes;
  }

  /**
   * One event per channel. A change of thousands of objects may have as many channels and need several tries: each
   * goes on where the last one stopped.
   */
  async afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> {
    const shares = this.template.fill(change);
    let refusal: UndeliverableChange | undefined;
    for (let index = this.sentOf(change); index < shares.length; index++) {
      try {
        await this.trigger(change, shares[index]!);
      } catch (error) {
        // One object's event that is refused is no reason to withhold the others.
        if (!(error instanceof UndeliverableChange)) throw error;
        refusal ??= error;
      }
      cutOff?.throwIfAborted();
      this.unfinished = { changeId: change.id, sent: index + 1 };
    }
    this.unfinished = undefined;
    if (refusal !== undefined) throw refusal;
  }

  close(): void {
    this.#agent.destroy();
  }

  private sentOf({ id }: CommittedChange): number {
    return this.unfinished?.changeId === id ? this.unfinished.sent : 0;
  }

  private async trigger(change: CommittedChange, { channel, impacted }: ChannelShare): Promise<void> {
    const payload = messagesWithin(this.maxEventBytes, 'kinto', change, impacted)[0]!;
    const response = await this.request(channel, change.action, payload).catch((error: unknown) => {
      throw this.#failures.ofRequest(error);
    });
    // Read to its end, or the connection is not free for the next event. It is accepted, whatever the rest says.
    await response.text().catch(() => undefined);
    // The library follows a redirect, and follows it with a GET: nothing was announced.
    if (!response.ok || response.redirected) throw new Error('answered with a redirect: check host, port and use_tls');
  }

  private request(channel: string, event: string, payload: string): Promise<Pusher.Response> {
    try {
      // Text is sent as it is.
      return this.#pusher.trigger(channel, event, payload);
    } catch (error) {
      // What the library itself refuses, such as a name that is too long, it will refuse again.
      throw new UndeliverableChange(error instanceof Error ? error.message : String(error));
    }
  }
}
