import { ChangeCollector } from '../changes/change-collector.js';
import type { ChangeLog } from '../changes/change-log.js';
import type { Storage, UnitOfWork } from '../storage/storage.js';
import { ApiError } from '../wire/api-error.js';
import { SAFE_METHODS, type ApiRequest, type ApiResponse } from './api-message.js';
import type { Dispatcher, OpenedRequest, ReadyRequest } from './dispatcher.js';
import { NeedsUnit } from './exchange.js';
import type { RequestObservers } from './request-observer.js';
import type { ResponseFinisher } from './response-finisher.js';
import { writtenLists } from './written-list.js';

/** What the API is made of. */
export interface ApiParts {
  readonly dispatcher: Dispatcher;
  readonly storage: Storage;
  readonly changeLog: ChangeLog;
  readonly finisher: ResponseFinisher;
  readonly observers: RequestObservers;
  /** Takes credentials out of URLs, where they may be there. */
  readonly credentials?: { resolve(request: ApiRequest): ApiRequest | Promise<ApiRequest> } | undefined;
}

/**
 * Answers requests, however they arrive. One request is one unit of work: it is answered when what it wrote is
 * durable, and a refused one has written nothing.
 */
export class Api {
  constructor(private readonly parts: ApiParts) {}

  /** Never rejects: an error is an answer too. */
  async handle(asked: ApiRequest): Promise<ApiResponse> {
    const { dispatcher, observers, credentials } = this.parts;
    // Before anybody could tell a log of it.
    const resolved = credentials?.resolve(asked) ?? asked;
    const request = resolved instanceof Promise ? await resolved : resolved;
    const watching = observers.all();
    const started = watching.length === 0 ? 0 : performance.now();
    const opened = await dispatcher.open(request);
    const response = await this.answer(request, opened);
    if (watching.length > 0) {
      const { endpoint, params, identity } = opened;
      const duration = performance.now() - started;
      for (const observe of watching) observe({ request, response, endpoint, params, identity, duration });
    }
    return response;
  }

  /** The answer to a request that could not even be read. */
  refuse(request: ApiRequest, error: ApiError): ApiResponse {
    const { finisher, dispatcher } = this.parts;
    let refusal = error;
    if (error.status === 400) {
      // As in Kinto, who may not write at all is told that, whatever else is wrong.
      try {
        finisher.ensureServed(request);
      } catch (earlier) {
        refusal = dispatcher.asApiError(earlier, request);
      }
    }
    return finisher.finishError(request, undefined, refusal);
  }

  private async answer(request: ApiRequest, { endpoint, next }: OpenedRequest): Promise<ApiResponse> {
    const { finisher, dispatcher } = this.parts;
    if ('answer' in next) return finisher.finishAny(request, endpoint, next.answer);
    let answer: ApiResponse | ApiError;
    try {
      answer = await this.answerFromStorage(next.ready);
    } catch (error) {
      answer = dispatcher.asApiError(error, request);
    }
    if (answer instanceof ApiError) await next.ready.abandon?.();
    return finisher.finishAny(next.ready.request, endpoint, answer);
  }

  private async answerFromStorage(ready: ReadyRequest): Promise<ApiResponse | ApiError> {
    const { storage, dispatcher, changeLog } = this.parts;
    if (SAFE_METHODS.includes(ready.request.method)) {
      try {
        return await storage.read((view) => dispatcher.answerFromView(ready, view, new ChangeCollector()));
      } catch (error) {
        if (!(error instanceof NeedsUnit)) throw error;
      }
    }
    const answerAndLog = async (unit: UnitOfWork) => {
      const changes = new ChangeCollector();
      const answer = await dispatcher.answerFromUnit(ready, unit, changes);
      await changeLog.conclude(unit, changes);
      return answer;
    };
    return storage.write(answerAndLog, () => writtenLists(ready));
  }
}
