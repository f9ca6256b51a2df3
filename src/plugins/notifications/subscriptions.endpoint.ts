import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange, StorageEndpoint } from '../../resources/exchange.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import { exchangeOver } from '../../resources/private-list.js';
import { getUserId } from '../../resources/private-resource.js';
import { parseJson } from '../../resources/write-body.js';
import { isJsonObject } from '../../wire/json.js';
import { OwnSubscriptions, type Ownership } from './own-subscriptions.js';
import { subscriptionList } from './stored-subscription.js';
import type { SubscriptionKind } from './subscription-kinds.js';

const READING = ['GET', 'HEAD'];

const BY_ID = [{ field: 'id', path: ['id'], direction: 'ascending' }] as const;

/** The usual endpoints of a resource, and the one of an object that a POST may turn out to be about. */
export interface UsualEndpoints {
  readonly endpoint: StorageEndpoint;
  readonly ofOne: StorageEndpoint;
  readonly operations: OperationDescriptions;
}

/** A user's subscriptions of one kind, or one of them: the usual endpoint, over what is theirs (seed-systems.md, 6.3). */
export class SubscriptionsEndpoint implements StorageEndpoint {
  readonly name: string;
  readonly pattern: string;
  readonly methods: readonly string[];
  readonly operations: OperationDescriptions;
  readonly usesStorage = true as const;

  constructor(
    private readonly usual: UsualEndpoints,
    private readonly kind: SubscriptionKind,
    private readonly limits: Pick<Ownership, 'maxPerUser' | 'expiresAfter'> & { readonly onWritten: () => void },
  ) {
    ({ name: this.name, pattern: this.pattern, methods: this.methods } = usual.endpoint);
    this.operations = usual.operations;
  }

  exposedHeaders(method: string): readonly string[] {
    return this.usual.endpoint.exposedHeaders(method);
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const owner = getUserId(exchange);
    if (!READING.includes(exchange.request.method)) exchange.unit?.onceDurable(this.limits.onWritten);
    const own = exchangeOver(exchange, new OwnSubscriptions({ owner, kind: this.kind, ...this.limits }));
    const known = await this.knownId(exchange, owner);
    if (known === undefined) return this.usual.endpoint.handle(own);
    const request = { ...exchange.request, method: 'PUT', body: withId(exchange.request, known) };
    return this.usual.ofOne.handle({ ...own, request, params: { ...exchange.params, id: known } });
  }

  /** A browser that subscribes again has the same endpoint: that subscription is replaced, and lives on. */
  private async knownId({ request, view }: Exchange, owner: string): Promise<string | undefined> {
    if (request.method !== 'POST' || this.kind.name !== 'webpush') return undefined;
    const endpoint = endpointIn(dataOf(request));
    if (endpoint === undefined) return undefined;
    const selection = { filters: [], sort: BY_ID, limit: this.limits.maxPerUser, includeDeleted: false };
    const all = await view.listObjects(subscriptionList(owner, this.kind.name), selection);
    return all.find(({ value }) => endpointIn(value) === endpoint)?.id;
  }
}

function dataOf({ body }: ApiRequest): unknown {
  const parsed = body === undefined ? undefined : parseJson(body);
  return parsed !== undefined && 'value' in parsed && isJsonObject(parsed.value) ? parsed.value.data : undefined;
}

function endpointIn(value: unknown): string | undefined {
  const push = isJsonObject(value) ? value.push : undefined;
  const endpoint = isJsonObject(push) ? push.endpoint : undefined;
  return typeof endpoint === 'string' ? endpoint : undefined;
}

/** The subscription keeps the id it has. */
function withId(request: ApiRequest, id: string): Buffer {
  return Buffer.from(JSON.stringify({ data: { ...(dataOf(request) as object), id } }));
}
