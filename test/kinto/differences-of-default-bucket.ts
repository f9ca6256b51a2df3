import { isBatchWith, isDefault, pathOf, statusesAre, type Difference } from './difference.js';

/** What is otherwise below `/buckets/default`. */
export const OF_DEFAULT_BUCKET: readonly Difference[] = [
  {
    name: '`PUT /buckets/default/collections/a/records/a` makes the collection `a`.',
    reason: 'Kinto takes the path for the collection’s where it ends with the collection’s id, so also `1/records/r1`.',
    explains: (_problem, exchange) => {
      return (
        exchange.step.method === 'PUT' &&
        /\/buckets\/default\/collections\/([^/?]+)\/[^?]*\1(?:\?|$)/.test(pathOf(exchange)) &&
        exchange.kinto.answer.status === 404
      );
    },
    parts: true,
  },
  {
    name: 'What leads nowhere below `/buckets/default`, or has no such method, makes nothing there.',
    reason: 'In a batch, and always in memory, Kinto makes bucket and collection before it looks.',
    explains: () => false,
    parts: true,
    partsSilently: (exchange) => {
      const { status, text } = exchange.kumocast.answer;
      // A 404 with details is an object's; the path has led somewhere.
      const leadsNowhere =
        status === 405 ||
        (status === 404 && !text.includes('"details"')) ||
        (status === 400 && text.includes('Invalid collection id'));
      return leadsNowhere && isDefault(exchange) && statusesAre(status, status)(exchange);
    },
  },
  {
    name: 'Only the id `default` itself stands for the default bucket.',
    reason: 'Kinto replaces the word wherever it is in an id.',
    explains: ({ where, kumocast }, exchange) => {
      return (
        where === 'body.data.id' &&
        typeof kumocast === 'string' &&
        /default./.test(kumocast) &&
        pathOf(exchange).includes('/buckets/default/')
      );
    },
    parts: true,
  },
  {
    name: 'A PUT without a body leaves what is there as it is, under `/buckets/default`, too.',
    reason: 'Kinto takes it for one with empty data there, and empties the object.',
    explains: (_problem, exchange) => {
      const body = exchange.kumocast.request.body ?? '';
      const isEmpty = body === '' || (exchange.isPart === true && body === '{}');
      return exchange.step.method === 'PUT' && isDefault(exchange) && isEmpty;
    },
    parts: true,
  },
  {
    name: 'Items see what earlier items did: deletions, memberships, schemas.',
    reason: 'What an item needs that an earlier one has deleted is made again, and is still there after the batch.',
    explains: (_problem, exchange, exchanges) => {
      const isMadeAgain = exchanges.some((each) =>
        isBatchWith(
          each,
          /"DELETE","path":"[^"]*\/buckets\/default(?:\/collections\/[^"/?]*)?(?:\?[^"]*)?".*\/buckets\/default\//,
        ),
      );
      const { kinto, kumocast } = exchange;
      const isThereHere = kumocast.answer.status === 200 && [201, 404].includes(kinto.answer.status);
      return isDefault(exchange) && isMadeAgain && isThereHere;
    },
    parts: true,
  },
];
