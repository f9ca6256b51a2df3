import { Logger } from '@nestjs/common';
import type { Authenticator, Identity } from '../auth/authenticator.js';
import type { ChangeCollector } from '../changes/change-collector.js';
import type { StorageView, UnitOfWork } from '../storage/storage.js';
import { ApiError } from '../wire/api-error.js';
import { formatPosition } from '../wire/position.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import type { ApiRoutes, Destination } from './api-routes.js';
import { NeedsUnit, type Endpoint, type Exchange, type PreparedRequest, type StorageEndpoint } from './exchange.js';
import { CHANGE_POSITION } from './live/change-position.js';
import { ensureMethod } from './method-switches.js';
import type { ObjectWriter } from './object-writer.js';
import { objectUri } from './resource-place.js';
import type { ResponseFinisher } from './response-finisher.js';

/** A request that knows its endpoint and its caller, and lacks only its snapshot or unit of work. */
export interface ReadyRequest extends Destination {
  readonly endpoint: StorageEndpoint;
  readonly identity: Identity;
  readonly abandon: PreparedRequest['abandon'];
}

/** How far a request came by itself: to its answer, or to the storage. */
export interface OpenedRequest {
  readonly endpoint: Endpoint | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly identity: Identity | undefined;
  readonly next: { readonly answer: ApiResponse | ApiError } | { readonly ready: ReadyRequest };
}

export interface DispatcherParts {
  readonly routes: ApiRoutes;
  readonly authenticator: Authenticator;
  readonly writer: ObjectWriter;
  readonly finisher: ResponseFinisher;
}

const NO_PARAMS = {};

/** Takes requests to their endpoints, alone or as items of a batch. */
export class Dispatcher {
  private readonly log = new Logger('api');

  constructor(private readonly parts: DispatcherParts) {}

  /** Everything that comes before the storage, and must not wait inside it. Never rejects. */
  async open(request: ApiRequest): Promise<OpenedRequest> {
    const { finisher, authenticator, routes } = this.parts;
    let endpoint: Endpoint | undefined;
    let params: Readonly<Record<string, string>> = NO_PARAMS;
    let identity: Identity | undefined;
    try {
      finisher.ensureServed(request);
      const identify = async () => (identity ??= await authenticator.identify(request.headers));
      const destination = await routes.resolve(request, identify);
      if ('status' in destination) return { endpoint, params, identity, next: { answer: destination } };
      ({ endpoint, params } = destination);
      const { request: real } = destination;
      if (real.method === 'OPTIONS') {
        return { endpoint, params, identity, next: { answer: finisher.cors.preflight(real, endpoint) } };
      }
      ensureMethod(real, endpoint);
      if (!endpoint.usesStorage) {
        finisher.cors.ensureAllowed(real);
        return { endpoint, params, identity, next: { answer: await endpoint.handle(real, params) } };
      }
      identity ??= await authenticator.identify(request.headers);
      const { prerequisites } = destination;
      const prepared = await endpoint.prepare?.(real, { params, identity, prerequisites });
      const last = prepared?.request ?? real;
      const ready = { endpoint, params, request: last, prerequisites, identity, abandon: prepared?.abandon };
      return { endpoint, params, identity, next: { ready } };
    } catch (error) {
      return { endpoint, params, identity, next: { answer: this.asApiError(error, request) } };
    }
  }

  /** @throws NeedsUnit when it turns out that something has to be written */
  async answerFromView(ready: ReadyRequest, view: StorageView, changes: ChangeCollector): Promise<ApiResponse> {
    const exchange = await this.openExchange(ready, changes, { view, unit: undefined });
    for (const { place, id } of ready.prerequisites) {
      if (!(await view.hasObject(place.list, id))) throw new NeedsUnit();
      exchange.knownUris.add(objectUri(place, id));
    }
    return this.run(ready, exchange);
  }

  /**
   * What the unit has changed is noted in `changes`; concluding it is the caller's.
   *
   * @param isItem whether the unit belongs to others too, so that a refusal must leave it as it was
   * @returns an ApiError where what was written before the refusal, by others or as a prerequisite, stays
   */
  async answerFromUnit(
    ready: ReadyRequest,
    unit: UnitOfWork,
    changes: ChangeCollector,
    isItem = false,
  ): Promise<ApiResponse | ApiError> {
    const exchange = await this.openExchange(ready, changes, { view: unit, unit });
    const hasMade = await this.makePrerequisites(ready, exchange);
    return isItem || hasMade ? this.runApart(ready, exchange, unit) : this.run(ready, exchange);
  }

  asApiError(error: unknown, { method, path }: ApiRequest): ApiError {
    // 507 is a refusal like those below 500: a quota is full, nothing failed.
    if (error instanceof ApiError && (error.status < 500 || error.status === 507)) return error;
    const cause = error instanceof ApiError ? (error.cause ?? error) : error;
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.log.error(`${method} ${path}: ${text}`);
    return error instanceof ApiError ? error : new ApiError('UNDEFINED', { cause: error });
  }

  /** Runs the request proper so that its refusal leaves what came before it as it is (kinto-api.md, 9 and 10.4). */
  private async runApart(ready: ReadyRequest, exchange: Exchange, unit: UnitOfWork): Promise<ApiResponse | ApiError> {
    const mark = exchange.changes.mark();
    try {
      return await unit.nested(() => this.run(ready, exchange));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      exchange.changes.rewind(mark);
      return error;
    }
  }

  private async run(ready: ReadyRequest, exchange: Exchange): Promise<ApiResponse> {
    const mark = exchange.changes.mark();
    const answer = await ready.endpoint.handle(exchange);
    const written = exchange.changes.entries.length > mark ? exchange.changes.entries.at(-1) : undefined;
    // By it a client that follows the list knows its own change when it is told.
    if (written !== undefined) answer.headers[CHANGE_POSITION] = formatPosition(written.position);
    // For endpoints that do not look themselves. After them, since a 401 or 403 comes first; what they wrote is undone.
    this.parts.finisher.cors.ensureAllowed(exchange.request);
    return answer;
  }

  private async makePrerequisites({ prerequisites }: ReadyRequest, exchange: Exchange): Promise<boolean> {
    let hasMade = false;
    for (const { place, id } of prerequisites) {
      if (!(await exchange.view.hasObject(place.list, id))) {
        await this.parts.writer.create(exchange, place, { id, value: {}, permissions: {} });
        hasMade = true;
      }
      exchange.knownUris.add(objectUri(place, id));
    }
    return hasMade;
  }

  private async openExchange(
    { request, params, identity }: ReadyRequest,
    changes: ChangeCollector,
    session: Pick<Exchange, 'view' | 'unit'>,
  ): Promise<Exchange> {
    const caller = await this.parts.authenticator.callerOf(identity, session.view.sql);
    const originProblems = this.parts.finisher.cors.problemsOf(request);
    return { request, params, identity, caller, changes, originProblems, knownUris: new Set(), ...session };
  }
}
