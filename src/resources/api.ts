import { Logger } from '@nestjs/common';
import type { Authenticator, Identity } from '../auth/authenticator.js';
import { ChangeCollector } from '../changes/change-collector.js';
import type { ChangeLog } from '../changes/change-log.js';
import type { Storage, StorageView, UnitOfWork } from '../storage/storage.js';
import { ApiError } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import type { ApiRoutes, Destination } from './api-routes.js';
import { NeedsUnit, type Endpoint, type Exchange, type StorageEndpoint } from './exchange.js';
import type { ObjectWriter } from './object-writer.js';
import { objectUri } from './resource-place.js';
import type { ResponseFinisher } from './response-finisher.js';

type StorageDestination = Destination & { readonly endpoint: StorageEndpoint };

const SAFE_METHODS = ['GET', 'HEAD'];

/** What the API is made of. */
export interface ApiParts {
  readonly routes: ApiRoutes;
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly changeLog: ChangeLog;
  readonly writer: ObjectWriter;
  readonly finisher: ResponseFinisher;
}

/**
 * Answers requests, however they arrive. One request is one unit of work: it is answered when what it wrote is
 * durable, and a refused one has written nothing.
 */
export class Api {
  private readonly log = new Logger('api');

  constructor(private readonly parts: ApiParts) {}

  /** Never rejects: an error is an answer too. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { finisher } = this.parts;
    let endpoint: Endpoint | undefined;
    try {
      finisher.ensureWritable(request);
      const identify = once(() => this.parts.authenticator.identify(request.headers));
      const destination = await this.parts.routes.resolve(request, identify);
      if ('status' in destination) return finisher.finish(request, endpoint, destination);
      endpoint = destination.endpoint;
      return finisher.finish(request, endpoint, await this.answer(destination, identify));
    } catch (error) {
      return finisher.finishError(request, endpoint, this.asApiError(error, request));
    }
  }

  /** The answer to a request that could not even be read. */
  refuse(request: ApiRequest, error: ApiError): ApiResponse {
    return this.parts.finisher.finishError(request, undefined, error);
  }

  private async answer(destination: Destination, identify: () => Promise<Identity>): Promise<ApiResponse> {
    const { endpoint, request } = destination;
    const { finisher } = this.parts;
    if (request.method === 'OPTIONS') return finisher.cors.preflight(request, endpoint);
    finisher.ensureMethod(request, endpoint);
    if (!endpoint.usesStorage) return endpoint.handle(request);
    return this.answerFromStorage({ ...destination, endpoint }, await identify());
  }

  private async answerFromStorage(destination: StorageDestination, identity: Identity): Promise<ApiResponse> {
    const { storage } = this.parts;
    if (SAFE_METHODS.includes(destination.request.method)) {
      try {
        return await storage.read((view) => this.answerFromSnapshot(destination, identity, view));
      } catch (error) {
        if (!(error instanceof NeedsUnit)) throw error;
      }
    }
    const answer = await storage.write((unit) => this.answerFromUnit(destination, identity, unit));
    // Prerequisites are committed although the request proper was refused.
    if (answer instanceof ApiError) throw answer;
    return answer;
  }

  private async answerFromSnapshot(
    destination: StorageDestination,
    identity: Identity,
    view: StorageView,
  ): Promise<ApiResponse> {
    const exchange = await this.openExchange(destination, identity, { view, unit: undefined });
    for (const { place, id } of destination.prerequisites) {
      if ((await view.findObject(place.list, id)) === undefined) throw new NeedsUnit();
      exchange.knownUris.add(objectUri(place, id));
    }
    return this.run(destination, exchange);
  }

  private async answerFromUnit(
    destination: StorageDestination,
    identity: Identity,
    unit: UnitOfWork,
  ): Promise<ApiResponse | ApiError> {
    const exchange = await this.openExchange(destination, identity, { view: unit, unit });
    const hasMade = await this.makePrerequisites(destination, exchange);
    const answer = hasMade ? await this.runApart(destination, exchange, unit) : await this.run(destination, exchange);
    await this.parts.changeLog.conclude(unit, exchange.changes);
    return answer;
  }

  /** Runs the request proper so that its refusal leaves the prerequisites as they are (kinto-api.md, 9). */
  private async runApart(
    destination: StorageDestination,
    exchange: Exchange,
    unit: UnitOfWork,
  ): Promise<ApiResponse | ApiError> {
    const mark = exchange.changes.mark();
    try {
      return await unit.nested(() => this.run(destination, exchange));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      exchange.changes.rewind(mark);
      return error;
    }
  }

  private async run(destination: StorageDestination, exchange: Exchange): Promise<ApiResponse> {
    const answer = await destination.endpoint.handle(exchange);
    // After the endpoint, since a 401 or 403 comes first; what it wrote is undone by the refusal.
    this.parts.finisher.cors.ensureAllowed(exchange.request);
    return answer;
  }

  private async makePrerequisites({ prerequisites }: Destination, exchange: Exchange): Promise<boolean> {
    let hasMade = false;
    for (const { place, id } of prerequisites) {
      if ((await exchange.view.findObject(place.list, id)) === undefined) {
        await this.parts.writer.create(exchange, place, { id, value: {}, permissions: {} });
        hasMade = true;
      }
      exchange.knownUris.add(objectUri(place, id));
    }
    return hasMade;
  }

  private async openExchange(
    { request, params }: Destination,
    identity: Identity,
    session: Pick<Exchange, 'view' | 'unit'>,
  ): Promise<Exchange> {
    const caller = await this.parts.authenticator.callerOf(identity, session.view.sql);
    return { request, params, identity, caller, changes: new ChangeCollector(), knownUris: new Set(), ...session };
  }

  private asApiError(error: unknown, { method, path }: ApiRequest): ApiError {
    if (error instanceof ApiError && error.status < 500) return error;
    const cause = error instanceof ApiError ? error.cause : error;
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.log.error(`${method} ${path}: ${text}`);
    return error instanceof ApiError ? error : new ApiError('UNDEFINED', { cause: error });
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
