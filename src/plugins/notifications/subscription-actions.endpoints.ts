import { randomUUID } from 'node:crypto';
import type { Authenticator } from '../../auth/authenticator.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { jsonAnswer } from '../../resources/endpoints/json-answer.js';
import { getUnit, type Exchange, type PlainEndpoint, type StorageEndpoint } from '../../resources/exchange.js';
import { getUserId } from '../../resources/private-resource.js';
import { bodyProblem, parseJson } from '../../resources/write-body.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import { logPoints } from '../../storage/log-points.js';
import type { Storage, StorageView } from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { isJsonObject } from '../../wire/json.js';
import { parsePosition, type Position } from '../../wire/position.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { Senders } from './delivery/senders.js';
import type { Slots } from './delivery/slots.js';
import { Subscription } from './delivery/subscription.js';
import { deliveriesOperations, replayOperations, testOperations } from './action-operations.js';
import { noteSubscription } from './note-subscription.js';
import { subscriptionList, subscriptionStates } from './stored-subscription.js';
import type { SubscriptionKind } from './subscription-kinds.js';

/** What can be asked of one subscription beside what every resource can. */
abstract class ActionEndpoint {
  readonly name: string;
  readonly pattern: string;
  abstract readonly operations: OperationDescriptions;
  readonly pathParameters = { id: { description: 'Of the subscription.' } };

  constructor(
    protected readonly kind: SubscriptionKind,
    action: string,
  ) {
    this.name = `${kind.name}-${action}`;
    this.pattern = `/${kind.path}/{id}/${action}`;
  }

  exposedHeaders(): readonly string[] {
    return [];
  }

  /** @throws ApiError 404 for one that is not there, or somebody else's */
  protected async find(view: StorageView, owner: string, id: string): Promise<StoredObject> {
    const found = await view.findObject(subscriptionList(owner, this.kind.name), id);
    if (found !== undefined) return found;
    throw new ApiError('OBJECT_NOT_FOUND', { details: { id, resource_name: this.kind.name } });
  }
}

/** What became of the last messages of a subscription, the newest first. */
export class DeliveriesEndpoint extends ActionEndpoint implements StorageEndpoint {
  readonly operations: OperationDescriptions;
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;

  constructor(kind: SubscriptionKind) {
    super(kind, 'deliveries');
    this.operations = deliveriesOperations(kind);
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const owner = getUserId(exchange);
    const stored = await this.find(exchange.view, owner, exchange.params.id!);
    const { deliveries } = await subscriptionStates.find(exchange.view, owner, this.kind.name, stored);
    return jsonAnswer(200, { data: [...deliveries].reverse() });
  }
}

/** Begins again behind a position that its receiver remembers, as far as the change log goes back. */
export class ReplayEndpoint extends ActionEndpoint implements StorageEndpoint {
  readonly operations: OperationDescriptions;
  readonly methods = ['POST', 'OPTIONS'];
  readonly usesStorage = true as const;

  constructor(kind: SubscriptionKind) {
    super(kind, 'replay');
    this.operations = replayOperations(kind);
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const owner = getUserId(exchange);
    const unit = getUnit(exchange);
    const stored = await this.find(unit, owner, exchange.params.id!);
    const place = await logPoints.findIdAnywhere(unit.sql, readPosition(exchange.request));
    if (place === undefined) throw invalidParameters([bodyProblem('position', 'It is no place in the change log')]);
    const value = { ...stored.value, replay: `${place}:${randomUUID()}` };
    delete (value as { last_modified?: unknown }).last_modified;
    const list = subscriptionList(owner, this.kind.name);
    const written = await unit.updateObject(list, stored, value);
    // Whichever server tells the subscription learns of it by the log.
    noteSubscription(exchange, this.kind.name, 'update', written);
    return jsonAnswer(202, { data: { id: stored.id, last_modified: written.object.lastModified } });
  }
}

export interface TestParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly senders: Senders;
  readonly slots: Slots;
}

/** Sends a message at once and says what came of it. */
export class TestEndpoint extends ActionEndpoint implements PlainEndpoint {
  readonly operations: OperationDescriptions;
  readonly methods = ['POST', 'OPTIONS'];
  readonly usesStorage = false as const;
  /** One at a time each: nobody is to use this server for knocking at others' doors. */
  private readonly testing = new Set<string>();

  constructor(
    kind: SubscriptionKind,
    private readonly parts: TestParts,
  ) {
    super(kind, 'test');
    this.operations = testOperations(kind);
  }

  async handle(request: ApiRequest, { id = '' }: Readonly<Record<string, string>>): Promise<ApiResponse> {
    const { storage, authenticator, senders, slots } = this.parts;
    const identity = await authenticator.identify(request.headers);
    const owner = getUserId({ identity });
    const stored = await storage.read((view) => this.find(view, owner, id));
    if (this.testing.has(owner)) {
      throw new ApiError('CONSTRAINT_VIOLATED', { message: 'A test of yours is under way, please retry.' });
    }
    this.testing.add(owner);
    try {
      const subscription = new Subscription(this.kind.name, owner, stored, undefined);
      const testId = `d_test_${randomUUID()}`;
      const { signal } = new AbortController();
      const outcome = await slots.run(() => senders.send(subscription, { testId }, signal));
      const reason = outcome.kind === 'taken' ? {} : { reason: outcome.reason };
      const result = outcome.kind === 'taken' ? 'delivered' : outcome.kind;
      return jsonAnswer(200, { data: { delivery: testId, result, ...reason } });
    } finally {
      this.testing.delete(owner);
    }
  }
}

/** @throws ApiError 400 */
function readPosition({ body }: ApiRequest): Position {
  const parsed = body === undefined ? undefined : parseJson(body);
  const value = parsed !== undefined && 'value' in parsed ? parsed.value : undefined;
  const text = isJsonObject(value) ? value.position : undefined;
  const position = typeof text === 'string' ? parsePosition(text) : undefined;
  if (position !== undefined) return position;
  throw invalidParameters([bodyProblem('position', 'It is a position that a message has told')]);
}
