import { hasQuery, isBatchWith, pathOf, statusesAre, type Difference } from './difference.js';

const MEMORY = 'Where the storages of Kinto differ, it does as PostgreSQL.';

/** Of fields that have values of several types, or none. */
const MIXED = String.raw`(?:x|a|o|null|missing|n|s|b|id)(?:\.[\w.]*)?`;

/** What Kinto's memory backend does otherwise than its PostgreSQL backend. */
export const OF_MEMORY: readonly Difference[] = [
  {
    name: MEMORY,
    reason: 'Two objects of a list cannot have one timestamp.',
    explains: (_problem, exchange) => {
      return `${pathOf(exchange)}${exchange.kumocast.request.body ?? ''}`.includes('last_modified')
        ? statusesAre(undefined, 409)(exchange)
        : false;
    },
    parts: true,
  },
  {
    name: MEMORY,
    reason: '`like_` on what is no text fails.',
    explains: (_problem, exchange) => {
      const isAsked = hasQuery(exchange, /[?&]like_/) || isBatchWith(exchange, /[?&]like_/);
      return isAsked && statusesAre(500, 200)(exchange);
    },
    parts: true,
  },
  {
    name: MEMORY,
    reason: 'Values of different types cannot be compared.',
    explains: (_problem, exchange) => {
      const isAsked = hasQuery(exchange, /[?&](?:gt|min|lt|max)_/) || isBatchWith(exchange, /[?&](?:gt|min|lt|max)_/);
      return isAsked && statusesAre(500, 200)(exchange);
    },
    parts: true,
  },
  {
    name: MEMORY,
    reason: 'A quoted timestamp in a filter is a text.',
    explains: (_problem, exchange) => hasQuery(exchange, /last_modified=(?:%22|")/) && statusesAre(200, 200)(exchange),
    parts: true,
  },
  {
    name: MEMORY,
    reason: '`contains_` and `contains_any_` look into texts, too, or fail.',
    explains: (_problem, exchange) => {
      return hasQuery(exchange, /[?&]contains_/) && statusesAre(undefined, 200)(exchange);
    },
    parts: true,
  },
  {
    name: MEMORY,
    reason: '`has_` makes the filters before it vanish.',
    explains: (_problem, exchange) => hasQuery(exchange, /[?&]has_/) && statusesAre(200, 200)(exchange),
    parts: true,
  },
  {
    name: MEMORY,
    reason: 'What is refused after it was written is not there.',
    explains: () => false,
    parts: true,
    partsSilently: ({ kinto, kumocast }) => {
      const isRefusal = (text: string): boolean => text.includes('Attachment metadata cannot be modified.');
      return isRefusal(kinto.answer.text) && isRefusal(kumocast.answer.text);
    },
  },
  {
    name: MEMORY,
    reason: 'True is 1, and false is 0.',
    explains: ({ where }, exchange) => {
      const isContent = /^body(?:\.data| as ASCII)|^header (?:total|next|etag)/.test(where);
      const isAsked = hasQuery(exchange, /[?&](?:in|exclude)_(?:b=[^&]*[01]|[nx]=[^&]*(?:true|false)|x=[^&]*[01])/);
      return isContent && isAsked && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
  {
    name: MEMORY,
    reason: 'Types have another order.',
    explains: ({ where }, exchange) => {
      const isContent = /^body(?:\.data| as ASCII)|^header (?:total|next|etag)/.test(where);
      const isOrdered = hasQuery(exchange, new RegExp(String.raw`[?&](?:(?:gt|min|lt|max)_${MIXED}=|_sort=)`));
      return isContent && isOrdered && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
];
