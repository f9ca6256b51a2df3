import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Pusher from 'pusher';
import {
  UndeliverableChange,
  type ChangeListener,
  type ListenerContext,
  type ListenerDefinition,
} from '../../changes/change-listener.js';
import { ChannelTemplate } from '../../changes/channel-template.js';
import { messagesWithin, type Payload } from '../../changes/payload.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import { PusherFailures } from './pusher-failures.js';
import { pusherOptions } from './pusher-options.js';
import { PusherSettings } from './pusher.settings.js';

/** Announces changes through the HTTP API of Pusher, or of any server that speaks it. */
export const pusherListener: ListenerDefinition<PusherSettings> = {
  kind: 'pusher',
  settings: PusherSettings,
  sharedPrefixes: ['pusher.'],
  create: (settings, context) => new PusherListener(settings, context),
};

/** One event of the HTTP API (pusher-protocol.md, 5.2 and 5.3). */
interface PusherEvent {
  readonly channel: string;
  readonly name: string;
  readonly data: string;
}

class PusherListener implements ChangeListener {
  readonly delivery = 'once-per-cluster';
  /** As many changes as one request takes events: most changes are one event. */
  readonly batchSize: number;
  // Private fields, so that no log line or inspector can show the secret or a signed URL in them.
  readonly #pusher: Pusher;
  readonly #failures: PusherFailures;
  readonly #agent: HttpAgent;
  private readonly template: ChannelTemplate;
  private readonly maxEventBytes: number;
  private readonly payload: Payload;
  private unfinished: { readonly changeId: string; readonly sent: number } | undefined;

  constructor(settings: Readonly<PusherSettings>, { payload }: ListenerContext) {
    const options = pusherOptions(settings);
    this.#agent = new (options.useTLS ? HttpsAgent : HttpAgent)({ keepAlive: true });
    this.#pusher = new Pusher({ ...options, agent: this.#agent });
    this.#failures = new PusherFailures(settings);
    this.template = new ChannelTemplate(settings.channel);
    this.maxEventBytes = settings.maxEventBytes;
    this.batchSize = settings.batch;
    this.payload = payload;
  }

  /**
   * One event after another. A change of thousands of objects may have as many and need several tries: each goes on
   * where the last one stopped.
   */
  async afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> {
    const sent = this.progressOf(change);
    let refusal: UndeliverableChange | undefined;
    let index = 0;
    for (const event of this.eventsOf(change)) {
      if (index++ < sent) continue;
      try {
        await this.post([event]);
      } catch (error) {
        // One object's event that is refused is no reason to withhold the others.
        if (!(error instanceof UndeliverableChange)) throw error;
        refusal ??= error;
      }
      cutOff?.throwIfAborted();
      this.unfinished = { changeId: change.id, sent: index };
    }
    this.unfinished = undefined;
    if (refusal !== undefined) throw refusal;
  }

  /** As few requests as there can be. One event that is refused refuses its request: then each change goes alone. */
  async afterCommits(changes: readonly CommittedChange[], cutOff: AbortSignal): Promise<void> {
    let waiting: PusherEvent[] = [];
    for (const change of changes) {
      for (const event of this.eventsOf(change)) {
        waiting.push(event);
        if (waiting.length < this.batchSize) continue;
        await this.post(waiting);
        cutOff.throwIfAborted();
        waiting = [];
      }
    }
    if (waiting.length > 0) await this.post(waiting);
  }

  progressOf({ id }: CommittedChange): number {
    return this.unfinished?.changeId === id ? this.unfinished.sent : 0;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** With the payload `kinto` one for each channel, else one for each object. The same each time. */
  private *eventsOf(change: CommittedChange): Generator<PusherEvent> {
    for (const { channel, impacted } of this.template.fill(change)) {
      for (const data of messagesWithin(this.maxEventBytes, this.payload, change, impacted)) {
        yield { channel, name: change.action, data };
      }
    }
  }

  private async post(events: readonly PusherEvent[]): Promise<void> {
    const response = await this.request(events).catch((error: unknown) => {
      throw this.#failures.ofRequest(error);
    });
    // Read to its end, or the connection is not free for the next request. It is accepted, whatever the rest says.
    await response.text().catch(() => undefined);
    // The library follows a redirect, and follows it with a GET: nothing was announced.
    if (!response.ok || response.redirected) throw new Error('answered with a redirect: check host, port and use_tls');
  }

  private request(events: readonly PusherEvent[]): Promise<Pusher.Response> {
    const [first, ...others] = events;
    try {
      // Text is sent as it is.
      if (others.length === 0) return this.#pusher.trigger(first!.channel, first!.name, first!.data);
      // The library writes into what it is given.
      return this.#pusher.triggerBatch(events.map((event) => ({ ...event })));
    } catch (error) {
      // What the library itself refuses, such as a name that is too long, it will refuse again.
      throw new UndeliverableChange(error instanceof Error ? error.message : String(error));
    }
  }
}
