import { ChangeCollector } from '../../changes/change-collector.js';
import type { ChangeLog } from '../../changes/change-log.js';
import type { Storage, StorageView, UnitOfWork } from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { JSON_TYPE, SAFE_METHODS, type ApiRequest, type ApiResponse } from '../api-message.js';
import type { Dispatcher, OpenedRequest } from '../dispatcher.js';
import { NeedsUnit, type PlainEndpoint } from '../exchange.js';
import { ensureSupportedType } from '../negotiation.js';
import { findDecodedPath } from '../query-string.js';
import { batchOperations } from '../openapi/batch-operation.js';
import type { OperationDescriptions } from '../openapi/operation.js';
import type { ResponseFinisher } from '../response-finisher.js';
import { bodyProblem } from '../write-body.js';
import { writtenLists } from '../written-list.js';
import { parseBatchBody, type BatchItem } from './batch-body.js';
import { embed, findRedirected, subRequestOf } from './sub-request.js';

export interface BatchParts {
  readonly dispatcher: Dispatcher;
  readonly storage: Storage;
  readonly changeLog: ChangeLog;
  readonly finisher: ResponseFinisher;
  /** How many requests one batch may hold; 0: any number. */
  readonly maxRequests: number;
}

type Answer = ApiResponse | ApiError;

interface OpenedItem {
  /** The path that was asked for; another one than the request's where a redirect was followed. */
  readonly askedPath: string;
  readonly request: ApiRequest;
  readonly opened: OpenedRequest;
}

/**
 * Many requests in one, and in one unit of work (kinto-api.md, 10). A refused item leaves the others as they are, with
 * two exceptions: a conflict (409) and a failure (5xx) refuse the batch, and nothing of it was done. Kinto's 409 undoes
 * the items before it and still answers that they were done.
 */
export class BatchEndpoint implements PlainEndpoint {
  readonly name = 'batch';
  readonly pattern = '/batch';
  readonly methods = ['POST', 'OPTIONS'];
  readonly usesStorage = false as const;

  readonly operations: OperationDescriptions;

  constructor(private readonly parts: BatchParts) {
    this.operations = batchOperations(parts.maxRequests);
  }

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    ensureSupportedType(request, [JSON_TYPE]);
    const { items, problems } = parseBatchBody(request.body);
    if (problems.length > 0) throw invalidParameters(problems);
    this.ensureAllowed(items);
    // One after another: identities are looked up, and maybe made, in the order of the items.
    const opened: OpenedItem[] = [];
    for (const item of items) opened.push(await this.open(subRequestOf(request, item)));
    const answers = await this.answerAll(opened);
    for (const [index, answer] of answers.entries()) if (answer instanceof ApiError) await abandon(opened[index]!);
    const responses = answers.map((answer, index) => {
      const { request: sub, opened: item, askedPath } = opened[index]!;
      // As in Kinto, a refusal has the path that was asked for, and anything else the one that it was found at.
      const path = answer instanceof ApiError ? askedPath : sub.path;
      return embed({ ...sub, path }, this.parts.finisher.finishAny(sub, item.endpoint, answer));
    });
    return { status: 200, headers: {}, body: `{"responses":[${responses.join(',')}]}` };
  }

  private ensureAllowed(items: readonly BatchItem[]): void {
    const { maxRequests } = this.parts;
    if (maxRequests > 0 && items.length > maxRequests) {
      throw invalidParameters([bodyProblem('requests', `Number of requests is limited to ${maxRequests}`)]);
    }
    if (items.some(({ path }) => isBatchPath(path))) {
      throw invalidParameters([bodyProblem('requests', 'Recursive call on /batch endpoint is forbidden.')]);
    }
  }

  private async open(request: ApiRequest): Promise<OpenedItem> {
    const { dispatcher } = this.parts;
    const opened = await dispatcher.open(request);
    const redirected =
      'answer' in opened.next && !(opened.next.answer instanceof ApiError)
        ? findRedirected(request, opened.next.answer)
        : undefined;
    const askedPath = request.path;
    if (redirected === undefined) return { askedPath, request, opened };
    if (isBatchPath(redirected.path)) {
      throw invalidParameters([bodyProblem('requests', 'Recursive call on /batch endpoint is forbidden.')]);
    }
    return { askedPath, request: redirected, opened: await dispatcher.open(redirected) };
  }

  private async answerAll(items: readonly OpenedItem[]): Promise<Answer[]> {
    const { storage, changeLog } = this.parts;
    try {
      if (items.every(({ opened, request }) => 'answer' in opened.next || SAFE_METHODS.includes(request.method))) {
        try {
          return await storage.read((view) => this.answerEach(items, view, undefined, new ChangeCollector()));
        } catch (error) {
          if (!(error instanceof NeedsUnit)) throw error;
        }
      }
      const lists = () => items.flatMap(({ opened: { next } }) => ('ready' in next ? writtenLists(next.ready) : []));
      return await storage.write(async (unit) => {
        const changes = new ChangeCollector();
        const answers = await this.answerEach(items, unit, unit, changes);
        await changeLog.conclude(unit, changes);
        return answers;
      }, lists);
    } catch (error) {
      for (const item of items) await abandon(item);
      throw error;
    }
  }

  private async answerEach(
    items: readonly OpenedItem[],
    view: StorageView,
    unit: UnitOfWork | undefined,
    changes: ChangeCollector,
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const item of items) {
      const answer = await this.answerOne(item, view, unit, changes);
      if (answer instanceof ApiError && (answer.status === 409 || answer.status >= 500)) throw answer;
      answers.push(answer);
    }
    return answers;
  }

  private async answerOne(
    { opened, request }: OpenedItem,
    view: StorageView,
    unit: UnitOfWork | undefined,
    changes: ChangeCollector,
  ): Promise<Answer> {
    const { dispatcher } = this.parts;
    if ('answer' in opened.next) return opened.next.answer;
    const { ready } = opened.next;
    try {
      return unit === undefined
        ? await dispatcher.answerFromView(ready, view, changes)
        : await dispatcher.answerFromUnit(ready, unit, changes, true);
    } catch (error) {
      if (error instanceof NeedsUnit) throw error;
      return dispatcher.asApiError(error, request);
    }
  }
}

async function abandon({ opened }: OpenedItem): Promise<void> {
  if ('ready' in opened.next) await opened.next.ready.abandon?.();
}

/** Whether the path is the batch endpoint's. (Kinto looks for `/batch` anywhere in it, and so refuses `/buckets/batch-jobs`.) */
function isBatchPath(path: string): boolean {
  const [target = ''] = path.split('?', 1);
  return /^(\/v1)?\/+batch\/*$/.test(findDecodedPath(target));
}
