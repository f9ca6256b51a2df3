import type { Problem } from './compare.js';
import type { Exchange } from './exchange.js';

/** How Kinto keeps its objects. */
export type KintoStorage = 'memory' | 'postgresql';

/** A difference that is meant. */
export interface Difference {
  /** What docs/kinto.md has in the first column of its table: nobody is to find out by themselves. */
  readonly name: string;
  /** Why, or what of the row it is. */
  readonly reason: string;
  /** Only with this storage of Kinto's. */
  readonly kintoStorage?: KintoStorage;
  /**
   * Whether it is all there is to this problem. As narrow as it can be said.
   *
   * @param exchanges of the scenario so far, the one with the problem or the batch that it is in among them
   */
  readonly explains: (problem: Problem, exchange: Exchange, exchanges: readonly Exchange[]) => boolean;
  /** What is stored is no longer alike; the scenario ends here. */
  readonly parts: boolean;
  /** Whether the same holds although the answers are alike; the scenario ends here, too. */
  readonly partsSilently?: (exchange: Exchange) => boolean;
}

export const statusesAre =
  (kinto: number | undefined, kumocast: number) =>
  (exchange: Exchange): boolean =>
    (kinto === undefined || exchange.kinto.answer.status === kinto) && exchange.kumocast.answer.status === kumocast;

export const pathOf = ({ kumocast }: Exchange): string => kumocast.request.path;
export const hasQuery = (exchange: Exchange, pattern: RegExp): boolean =>
  pattern.test(pathOf(exchange).replace(/^[^?]*/, ''));
/** Whether it is a batch with such a request in it. */
export const isBatchWith = (exchange: Exchange, pattern: RegExp): boolean =>
  pathOf(exchange) === '/v1/batch' && pattern.test(exchange.kumocast.request.body ?? '');
export const contentType = ({ kumocast }: Exchange): string => kumocast.request.headers['content-type'] ?? '';
export const isDefault = (exchange: Exchange): boolean => /\/buckets\/default(?:[/?]|$)/.test(pathOf(exchange));
export const isReading = ({ step }: Exchange): boolean => step.method === 'GET' || step.method === 'HEAD';
export const isDelete = ({ step }: Exchange): boolean => step.method === 'DELETE';
