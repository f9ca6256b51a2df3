import { isDefault, pathOf, type Difference } from './difference.js';

/** What is otherwise below `/buckets/default`. */
export const OF_DEFAULT_BUCKET: readonly Difference[] = [
  {
    name: '`PUT /buckets/default/collections/a/records/a` makes the collection `a`.',
    reason: 'Kinto takes the path for the collection’s, for it ends with the collection’s id.',
    explains: (_problem, exchange) => {
      return /\/buckets\/default\/collections\/([^/?]+)\/records\/\1(?:\?|$)/.test(pathOf(exchange));
    },
    parts: true,
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
];
