import { contentType, isBatchWith, pathOf, statusesAre, type Difference } from './difference.js';
import type { Exchange } from './exchange.js';

/** Whether what is missing is above what Kinto misses: an earlier item has removed it. */
function isParentMissing({ kinto, kumocast }: Exchange): boolean {
  const [left, right] = [kinto, kumocast].map(({ answer }) => /"resource_name":"(\w+)"/.exec(answer.text)?.[1]);
  if (right === 'collection') return left === 'record';
  return right === 'bucket' && left !== undefined && left !== 'bucket';
}

/** What is otherwise where many requests are in one. */
export const OF_BATCHES: readonly Difference[] = [
  {
    name: 'In a batch, too, `application/merge-patch+json` is a merge patch.',
    reason: 'The request says so.',
    explains: (_problem, exchange) => {
      return exchange.isPart === true && contentType(exchange).startsWith('application/merge-patch+json');
    },
    parts: true,
  },
  {
    name: 'A path in a batch may have any characters.',
    reason: 'Kinto fails when the object is not there.',
    explains: (_problem, exchange) => {
      return pathOf(exchange) === '/v1/batch' && /[^\0-\x7f]|%/.test(exchange.kumocast.request.body ?? '')
        ? statusesAre(500, 200)(exchange)
        : false;
    },
    parts: true,
  },
  {
    name: 'A 409 in a batch is the answer to the whole batch.',
    reason: 'What came before is undone, and nobody is told that it was done.',
    explains: (_problem, exchange) => isBatchWith(exchange, /last_modified/) && statusesAre(200, 409)(exchange),
    parts: true,
  },
  {
    name: 'In a batch, a refusal behind a redirect is told in full.',
    reason: 'Kinto leaves out errno, message and headers.',
    explains: ({ where }, exchange) => {
      const isTold = /^body\.(?:errno|message)$|^header (?:access-control|www)/.test(where);
      const isNobody = /^status$|^body\.(?:code|error)$/.test(where) && statusesAre(403, 401)(exchange);
      return exchange.isPart === true && /\/(?:\?|$)/.test(pathOf(exchange)) && (isTold || isNobody);
    },
    parts: false,
  },
  {
    name: 'Items see what earlier items did: deletions, memberships, schemas.',
    reason: 'What a default bucket needs is made again, too.',
    explains: (_problem, exchange) => {
      const [kinto, kumocast] = [exchange.kinto.answer.status, exchange.kumocast.answer.status];
      const isMissing = (status: number): boolean => status === 403 || status === 404;
      // There, too, what is wrong with a request may be told of before what is missing.
      const isMissed = isMissing(kumocast) ? kinto < 500 : isMissing(kinto) && kumocast < 300;
      const isOtherMissing = kinto === 404 && kumocast === 404 && isParentMissing(exchange);
      return exchange.isPart === true && (isOtherMissing || (kinto !== kumocast && isMissed));
    },
    parts: true,
  },
  {
    name: 'A 304 in a batch is an item like any other.',
    reason: 'It is an answer.',
    explains: (_problem, exchange) => {
      const { request, answer } = exchange.kumocast;
      // Not one here when an earlier item has deleted what it is about.
      const isInside = answer.text.includes('"status":304') || /"DELETE".*"If-None-Match"/i.test(request.body ?? '');
      return pathOf(exchange) === '/v1/batch' && isInside && statusesAre(500, 200)(exchange);
    },
    parts: true,
  },
  {
    name: 'Items see what earlier items did: deletions, memberships, schemas.',
    reason: 'Permissions of what an item deletes go at the end in Kinto, also where a later item has made it again.',
    explains: (_problem, exchange, exchanges) => {
      const isMadeAgain = exchanges.some((each) => isBatchWith(each, /"DELETE".*"method":"(?:PUT|POST)"/));
      const { kinto, kumocast } = exchange;
      return isMadeAgain && [401, 403].includes(kinto.answer.status) && kumocast.answer.status < 300;
    },
    parts: true,
  },
];
