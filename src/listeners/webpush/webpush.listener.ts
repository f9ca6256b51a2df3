import { setMaxListeners } from 'node:events';
import { UndeliverableChange, type ChangeListener, type ListenerDefinition } from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import { PushSender, type Outcome } from '../../outgoing/webpush/push-sender.js';
import { areKeyPair } from '../../outgoing/webpush/vapid-keys.js';
import { SettingsError } from '../../settings/settings.js';
import { ConfiguredSubscriptions } from './configured-subscriptions.js';
import { DeliveryRounds, DeliveryTry } from './delivery-round.js';
import { EndpointHealth } from './endpoint-health.js';
import { inLanes } from './lanes.js';
import type { PushSubscription, SubscriptionSource } from './push-subscription.js';
import { SparingLog, type WebPushLog } from './sparing-log.js';
import { StoredSubscriptions, type ListenerObjects } from './stored-subscriptions.js';
import { WebPushSettings } from './webpush.settings.js';

/** How many messages are on their way at once to all push services together: each has a socket and a TLS handshake. */
const MOST_ON_THEIR_WAY = 32;

/**
 * Tells browsers through their push services, also while no page is open.
 *
 * @param objects where stored subscriptions are
 */
export function webPushListener(objects: ListenerObjects, log: WebPushLog): ListenerDefinition<WebPushSettings> {
  return {
    kind: 'webpush',
    settings: WebPushSettings,
    sharedPrefixes: ['webpush.'],
    create: (settings, { name }) => {
      const { vapidPublicKey: publicKey, vapidPrivateKey: privateKey, subscriptions, storedIn } = settings;
      const own = `event_listeners.${name}.`;
      if (!areKeyPair({ publicKey, privateKey })) {
        throw new SettingsError(`${own}vapid_public_key, vapid_private_key`, 'do not belong together');
      }
      if (subscriptions === '' && storedIn === '') {
        throw new SettingsError(`${own}subscriptions, ${own}stored_in`, 'expected one of them: nobody would be told');
      }
      const named = new SparingLog(name, log);
      const sender = new PushSender(settings);
      const rules = sender.endpointRules;
      const sources: SubscriptionSource[] = [];
      if (subscriptions !== '') sources.push(new ConfiguredSubscriptions(subscriptions, rules));
      if (storedIn !== '') {
        const collection = storedIn.replace(/\/records$/, '');
        sources.push(new StoredSubscriptions(collection, settings.maxSubscriptions, { objects, rules, log: named }));
      }
      // Without the private key, which no inspector is to find there.
      const { includeData, parallel, pause, retryFor, ttl } = settings;
      return new WebPushListener(sources, sender, { includeData, parallel, pause, retryFor, ttl }, named);
    },
  };
}

class WebPushListener implements ChangeListener {
  readonly delivery = 'once-per-cluster';
  private readonly health: EndpointHealth;
  private readonly rounds = new DeliveryRounds();

  constructor(
    private readonly sources: readonly SubscriptionSource[],
    private readonly sender: PushSender,
    private readonly settings: Pick<WebPushSettings, 'includeData' | 'parallel' | 'pause' | 'retryFor' | 'ttl'>,
    private readonly log: SparingLog,
  ) {
    this.health = new EndpointHealth(settings, log);
  }

  /** One message to each subscription. A try goes on where the last one stopped: who has taken it gets it no more. */
  async afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> {
    if (this.sources.some((source) => source.holds(change))) return;
    const subscriptions = await this.subscriptions();
    const round = this.rounds.of(change);
    const attempt = new DeliveryTry(round, this.settings.includeData, cutOff);
    const waiting = subscriptions.filter(({ endpoint }) => !round.done.has(endpoint));
    // Each request under way listens for the end of the try.
    if (cutOff !== undefined) setMaxListeners(MOST_ON_THEIR_WAY + 1, cutOff);
    const lanes = {
      groupOf: ({ origin }: PushSubscription) => origin,
      perGroup: this.settings.parallel,
      total: MOST_ON_THEIR_WAY,
    };
    try {
      await inLanes(waiting, lanes, (subscription) => this.tell(subscription, change, attempt));
      this.conclude(change, attempt);
    } finally {
      this.log.turn();
    }
  }

  progressOf(change: CommittedChange): number {
    return this.rounds.progressOf(change);
  }

  close(): Promise<void> {
    return this.sender.close();
  }

  /** Each endpoint once: one that is configured is not also told as a stored one. */
  private async subscriptions(): Promise<PushSubscription[]> {
    const byEndpoint = new Map<string, PushSubscription>();
    for (const source of this.sources) {
      for (const subscription of await source.list()) {
        if (!byEndpoint.has(subscription.endpoint)) byEndpoint.set(subscription.endpoint, subscription);
      }
    }
    const subscriptions = [...byEndpoint.values()];
    this.health.keepOnly(subscriptions);
    return subscriptions;
  }

  private async tell(subscription: PushSubscription, change: CommittedChange, attempt: DeliveryTry): Promise<void> {
    attempt.cutOff?.throwIfAborted();
    const narrowed = subscription.narrow(change);
    if (narrowed === undefined) return;
    if (this.health.skips(subscription)) {
      attempt.skipped += 1;
      return;
    }
    const wait = this.health.waitOf(subscription);
    if (wait > 0) {
      const reason = `asked to wait for another ${Math.ceil(wait / 1000)} s`;
      attempt.failed.push({ subscription, reason, wait });
      return;
    }
    const outcome = await this.sender.send(subscription, attempt.messageOf(narrowed), attempt.cutOff);
    await this.note(subscription, outcome, attempt);
  }

  private async note(subscription: PushSubscription, outcome: Outcome, attempt: DeliveryTry): Promise<void> {
    const { round } = attempt;
    switch (outcome.kind) {
      case 'taken':
        round.done.add(subscription.endpoint);
        round.taken += 1;
        this.health.taken(subscription);
        break;
      case 'gone':
        round.done.add(subscription.endpoint);
        this.log.log(`${subscription.label} is gone and is told no more: ${outcome.reason}`);
        await subscription.remove();
        break;
      case 'refused':
        attempt.refused.push(outcome.reason);
        this.health.refused(subscription, outcome.reason, outcome.ofKey);
        break;
      case 'failed':
        if (this.health.isGivenUp(subscription)) this.health.failedAgain(subscription, outcome.wait);
        else {
          this.health.askedToWait(subscription, outcome.wait);
          attempt.failed.push({ subscription, ...outcome });
        }
    }
  }

  /**
   * @throws Error when the change is to be tried again; UndeliverableChange when nobody has taken it, and nobody will
   */
  private conclude(change: CommittedChange, { round, failed, refused, skipped }: DeliveryTry): void {
    const [first] = failed;
    if (first !== undefined && !this.isOver(round.taken, round.age())) {
      throw new Error(`${failed.length} push message(s) failed, e.g. to ${first.subscription.label}: ${first.reason}`);
    }
    for (const { subscription, reason, wait } of failed) this.health.givenUp(subscription, reason, wait);
    const why = refused[0] ?? first?.reason ?? (round.isLost && skipped > 0 ? 'nothing is sent there now' : undefined);
    if (round.taken === 0 && why !== undefined) {
      // Should somebody ask for it again, those who are left alone until then are no success.
      round.isLost = true;
      throw new UndeliverableChange(`nobody has taken the push message: ${why}`);
    }
    this.rounds.end(change);
  }

  /**
   * A message that others have taken must not hold up the next ones for long: one subscription that fails is no reason.
   * When nobody has taken it, it may be this server that has no network.
   */
  private isOver(taken: number, age: number): boolean {
    const { retryFor, ttl } = this.settings;
    return age >= (taken > 0 ? Math.min(retryFor, ttl) : ttl) * 1000;
  }
}
