import type { PushSubscription } from './push-subscription.js';
import { Rests } from './rests.js';
import type { WebPushLog } from './sparing-log.js';
import type { WebPushSettings } from './webpush.settings.js';

/**
 * Who is left alone for a while: a push service that refuses this server's key, a subscription that is refused or has
 * failed for too long, one whose service asked to wait. What is skipped is counted, and told when it is over.
 */
export class EndpointHealth {
  private readonly origins = new Rests();
  private readonly endpoints = new Rests();
  private readonly waits = new Map<string, number>();
  /** Those that have taken a message of this process: they know its key. */
  private readonly accepting = new Set<string>();
  private readonly pause: number;

  constructor(
    { pause }: Pick<WebPushSettings, 'pause'>,
    private readonly log: WebPushLog,
  ) {
    this.pause = pause * 1000;
  }

  /** Whether it gets no message now; the message is counted then. */
  skips({ origin, endpoint }: PushSubscription): boolean {
    return this.origins.skips(origin) || this.endpoints.skips(endpoint);
  }

  /** How long its push service still wants to be left in peace, in ms. */
  waitOf({ endpoint }: PushSubscription, now = Date.now()): number {
    const until = this.waits.get(endpoint);
    if (until === undefined) return 0;
    if (until <= now) this.waits.delete(endpoint);
    return Math.max(0, until - now);
  }

  askedToWait({ endpoint }: PushSubscription, wait: number): void {
    if (wait > 0) this.waits.set(endpoint, Date.now() + wait);
  }

  taken({ origin, endpoint, label }: PushSubscription): void {
    this.accepting.add(origin);
    const service = this.origins.end(origin);
    if (service !== undefined) this.log.log(`${origin} takes push messages again; ${service} were not sent`);
    const own = this.endpoints.end(endpoint);
    if (own !== undefined) this.log.log(`${label} takes push messages again; ${own} were not sent`);
  }

  /** It failed for too long before, and has not recovered: nobody waits for it any more. */
  isGivenUp({ endpoint }: PushSubscription): boolean {
    return this.endpoints.has(endpoint);
  }

  /** @param least how long at least it asked to be left in peace, in ms */
  givenUp({ endpoint, label }: PushSubscription, reason: string, least: number): void {
    const rest = this.endpoints.begin(endpoint, this.pause, least);
    this.log.warn(`${label} failed for too long and gets nothing for ${inSeconds(rest)} s: ${reason}`);
  }

  /** The one message that was to show whether it has recovered. */
  failedAgain({ endpoint }: PushSubscription, least: number): void {
    this.endpoints.begin(endpoint, this.pause, least);
  }

  /**
   * A push service that has taken messages knows the key: what it refuses is the subscription, made with another key
   * perhaps. Otherwise the key is what must be wrong, and nothing more is sent there. The one that showed it rests
   * longer than the service, so that another one is asked next.
   */
  refused({ origin, endpoint, label }: PushSubscription, reason: string, ofKey: boolean): void {
    if (!ofKey || this.accepting.has(origin)) {
      const rest = this.endpoints.begin(endpoint, this.pause);
      this.log.warn(`${label} is refused and gets nothing for ${inSeconds(rest)} s: ${reason}`);
      return;
    }
    this.endpoints.begin(endpoint, this.pause * 2);
    const rest = this.origins.begin(origin, this.pause);
    if (rest === 0) return;
    this.log.error(
      `${origin} refuses push messages, nothing is sent there for ${inSeconds(rest)} s: ${reason}. ` +
        'Are vapid_public_key and vapid_private_key those that browsers subscribed with, and is the subject right?',
    );
  }

  /** Forgets whoever is subscribed no more. */
  keepOnly(subscriptions: readonly PushSubscription[]): void {
    const endpoints = new Set(subscriptions.map(({ endpoint }) => endpoint));
    const origins = new Set(subscriptions.map(({ origin }) => origin));
    this.endpoints.keepOnly(endpoints);
    this.origins.keepOnly(origins);
    for (const endpoint of this.waits.keys()) if (!endpoints.has(endpoint)) this.waits.delete(endpoint);
    for (const origin of this.accepting) if (!origins.has(origin)) this.accepting.delete(origin);
  }
}

function inSeconds(ms: number): number {
  return Math.round(ms / 1000);
}
