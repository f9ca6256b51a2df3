import { compareBodies } from './compare-body.js';
import { compareHeaders } from './compare-headers.js';
import { partsOf, type Exchange } from './exchange.js';
import { listOf } from './list.js';
import type { Pairs } from './pairs.js';

/** One thing in which the answers are not alike. */
export interface Problem {
  /** `status`, `header etag`, `body data.0.id`. */
  readonly where: string;
  readonly kinto: unknown;
  readonly kumocast: unknown;
}

/** What is being compared, where. */
export interface Comparison {
  readonly exchange: Exchange;
  readonly pairs: Pairs;
  /** The list whose timestamps the answer has. */
  readonly list: string;
  readonly add: (where: string, kinto: unknown, kumocast: unknown) => void;
}

/** A request, and what is not alike in its answers. */
export interface Finding {
  readonly exchange: Exchange;
  readonly problems: readonly Problem[];
}

/** The exchange and, of a batch, what is in it, one after another: with no problems, where all is alike. */
export function* compare(exchange: Exchange, pairs: Pairs): Generator<Finding> {
  const parts = partsOf(exchange);
  for (const each of [exchange, ...parts]) {
    yield { exchange: each, problems: compareOne(each, pairs, each === exchange && parts.length > 0) };
  }
}

function compareOne(exchange: Exchange, pairs: Pairs, isBatch: boolean): Problem[] {
  const problems: Problem[] = [];
  const comparison: Comparison = {
    exchange,
    pairs,
    list: listOf(exchange.kumocast.request.path, exchange.step.user),
    add: (where, kinto, kumocast) => problems.push({ where, kinto, kumocast }),
  };
  const { kinto, kumocast } = exchange;
  if (kinto.answer.status !== kumocast.answer.status) {
    comparison.add('status', kinto.answer.status, kumocast.answer.status);
  }
  compareHeaders(comparison);
  compareBodies(comparison, isBatch);
  return problems;
}
