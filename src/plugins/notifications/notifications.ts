import type { Logger } from '@nestjs/common';
import type { Authenticator } from '../../auth/authenticator.js';
import type { ChangeLog } from '../../changes/change-log.js';
import type { Lease, Leases } from '../../changes/lease.js';
import type { PushSenderSettings } from '../../outgoing/webpush/push-sender.js';
import type { Access } from '../../permissions/access.js';
import { ObjectEndpoint } from '../../resources/endpoints/object.endpoint.js';
import { PluralEndpoint } from '../../resources/endpoints/plural.endpoint.js';
import type { Endpoint } from '../../resources/exchange.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import { objectOperations, pluralOperations } from '../../resources/openapi/resource-operations.js';
import type { EndpointParts } from '../../resources/plugin.js';
import { privateParts } from '../../resources/private-resource.js';
import type { ResourceDefinition, ResourceDefinitions } from '../../resources/resource-definition.js';
import type { Storage } from '../../storage/storage.js';
import { Notifier } from './delivery/notifier.js';
import { OwnerSight } from './delivery/owner-sight.js';
import { Places } from './delivery/places.js';
import { Senders } from './delivery/senders.js';
import { Slots } from './delivery/slots.js';
import { noteSubscription } from './note-subscription.js';
import type { NotificationsSettings } from './notifications.settings.js';
import { DeliveriesEndpoint, ReplayEndpoint, TestEndpoint } from './subscription-actions.endpoints.js';
import { ReadWatch } from './reads/read-watch.js';
import type { SubscriptionRef } from './stored-subscription.js';
import type { SubscriptionKind } from './subscription-kinds.js';
import { SubscriptionsEndpoint } from './subscriptions.endpoint.js';

/** How long it takes until another try to begin, in ms. */
const WAIT_FOR_DATABASE = 500;

export interface NotificationsParts {
  readonly storage: Storage;
  readonly leases: Leases;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly definitions: ResourceDefinitions;
  readonly settings: NotificationsSettings;
  /** Absent: no web push. */
  readonly push: PushSenderSettings | undefined;
  readonly changeLog: ChangeLog;
  readonly isReadonly: boolean;
  readonly ownBucketOf: (userId: string) => string | undefined;
  readonly log: Pick<Logger, 'warn'>;
}

/** Users' own notifications on one node: the endpoints on every one, the telling on one at a time. */
export class Notifications {
  readonly senders: Senders;
  /** Absent while nobody may be told of reads. */
  readonly reads: ReadWatch | undefined;
  private readonly slots: Slots;
  private notifier: Notifier | undefined;
  private lease: Lease | undefined;
  private turn: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly parts: NotificationsParts) {
    this.senders = new Senders(parts.settings, parts.push);
    this.slots = new Slots(parts.settings.parallel);
    const { maxReads, readTriggers } = parts.settings;
    const onNoted = (one: SubscriptionRef) => void this.notifier?.reads.tell([one]).catch(() => undefined);
    this.reads = readTriggers ? new ReadWatch({ ...parts, maxReads, onNoted }) : undefined;
    parts.storage.onCommit(() => this.notifier?.wake());
  }

  endpoints(kind: SubscriptionKind, definition: ResourceDefinition, parts: EndpointParts): readonly Endpoint[] {
    const resource = privateParts(parts, noteSubscription);
    const list = new PluralEndpoint(definition, resource);
    const one = new ObjectEndpoint(definition, resource);
    const limits = { maxPerUser: this.parts.settings.maxPerUser, expiresAfter: this.expiresAfter(kind) };
    const ofList = { endpoint: list, ofOne: one, operations: readable(pluralOperations(definition)) };
    const ofOne = { endpoint: one, ofOne: one, operations: readable(objectOperations(definition)) };
    const onWritten = () => this.reads?.expect();
    const { storage, authenticator } = parts;
    return [
      ...[ofList, ofOne].map((usual) => new SubscriptionsEndpoint(usual, kind, { ...limits, onWritten })),
      new DeliveriesEndpoint(kind),
      new ReplayEndpoint(kind),
      new TestEndpoint(kind, { storage, authenticator, senders: this.senders, slots: this.slots }),
    ];
  }

  /** From now on what is committed is told, here or by another server. */
  async open(): Promise<void> {
    await this.reads?.open();
    this.lease = await this.parts.leases.take('notifications', {
      won: (lease) => {
        this.turn = this.turn.then(() => this.begin(lease));
      },
      lost: () => {
        const { notifier } = this;
        this.notifier = undefined;
        this.turn = this.turn.then(() => notifier?.close());
      },
    });
    await this.turn;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.reads?.close();
    await this.turn;
    const { notifier } = this;
    this.notifier = undefined;
    await notifier?.close();
    await this.senders.close();
    await this.lease?.release();
  }

  private async begin(lease: Lease): Promise<void> {
    while (lease.isHeld && !this.isClosed && this.notifier === undefined) {
      const notifier = this.notifierFor(lease);
      try {
        await notifier.open();
        if (lease.isHeld) this.notifier = notifier;
        else await notifier.close();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.parts.log.warn(`Notifications cannot begin: ${reason}`);
        await new Promise((resolve) => setTimeout(resolve, WAIT_FOR_DATABASE));
      }
    }
  }

  private notifierFor(lease: Lease): Notifier {
    const { storage, changeLog, definitions, settings, log, isReadonly, ownBucketOf } = this.parts;
    const { senders, slots } = this;
    const places = new Places(storage, changeLog, lease);
    const sight = new OwnerSight(this.parts);
    const expiresAfter = settings.subscriptionTtl * 1000;
    return new Notifier({
      ...{ storage, places, sight, senders, slots, definitions, settings, log, lease },
      ...{ expiresAfter, isReadonly, ownBucketOf },
    });
  }

  /** In ms; webhooks never expire. */
  private expiresAfter({ name }: SubscriptionKind): number {
    return name === 'webpush' ? this.parts.settings.subscriptionTtl * 1000 : 0;
  }
}

/** Sentences are made with the plural, and this one has a path in it. */
function readable(operations: OperationDescriptions): OperationDescriptions {
  const entries = Object.entries(operations).flatMap(([method, operation]) => {
    if (operation === undefined) return [];
    const summary = operation.summary.replace(/notifications\/\w+/, 'subscriptions');
    return [[method, { ...operation, tag: 'Notifications', summary }] as const];
  });
  return Object.fromEntries(entries);
}
