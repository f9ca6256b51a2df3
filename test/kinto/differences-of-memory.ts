import { hasQuery, isBatchWith, isReading, pathOf, statusesAre, type Difference } from './difference.js';
import type { Answer } from './step.js';

const MEMORY = 'Where the storages of Kinto differ, it does as PostgreSQL.';

/** Of fields that have values of several types, or none. */
const MIXED = String.raw`(?:x|a|o|null|missing|n|s|b|id)(?:\.[\w.]*)?`;

/** By something else than what every object has, and is alike in all. */
const SORTED = /[?&]_sort=(?!(?:-|%2B)?(?:last_modified|id)(?:&|$))/i;

interface Entry {
  readonly last_modified: number;
  readonly deleted?: boolean;
}

const entriesOf = ({ text }: Answer): readonly Entry[] =>
  text === '' ? [] : (JSON.parse(text) as { data: readonly Entry[] }).data;

/** Whether the list is newer than all that is shown of it. */
function isAhead(answer: Answer): boolean {
  const timestamp = Number(/\d+/.exec(answer.headers.get('etag') ?? '')?.[0]);
  return entriesOf(answer).every((entry) => entry.last_modified < timestamp);
}

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
      if (!statusesAre(200, 200)(exchange)) return false;
      const isCompared = hasQuery(exchange, new RegExp(String.raw`[?&](?:gt|min|lt|max)_${MIXED}=`));
      // Which objects a page has depends on the order, too; how many there are does not.
      const isPaged = hasQuery(exchange, /[?&]_(?:limit|token)=/);
      if (isCompared) return /^body(?:\.data| as ASCII)|^header (?:total|next|etag)/.test(where);
      return (
        hasQuery(exchange, SORTED) && (isPaged ? /^body(?:\.data| as ASCII)|^header next/ : /^body\.data\./).test(where)
      );
    },
    parts: true,
  },
  {
    name: MEMORY,
    reason: 'What is trimmed from the history leaves tombstones, whose times are the list’s.',
    explains: ({ where }, exchange) => {
      const isHistory = /^\/v1\/buckets\/[^/?]+\/history(?:\?|$)/.test(pathOf(exchange));
      if (!isHistory || !isReading(exchange) || !statusesAre(200, 200)(exchange)) return false;
      const [kinto, kumocast] = [exchange.kinto.answer, exchange.kumocast.answer];
      const hasTombstones = (answer: Answer): boolean => entriesOf(answer).some(({ deleted }) => deleted === true);
      const isNewest = /^body\.data\.\d+\.last_modified$/.test(where) && isAhead(kinto) && !isAhead(kumocast);
      return where === 'header etag' || isNewest || (hasTombstones(kinto) && !hasTombstones(kumocast));
    },
    parts: true,
  },
  {
    name: 'A live object with a field `deleted` is counted as live.',
    reason: 'In memory, Kinto leaves it out of `Total-Objects`.',
    explains: ({ where, kinto, kumocast }, _exchange, exchanges) => {
      const bodies = exchanges.map((exchange) => exchange.kumocast.request.body ?? '').join();
      const more = Number(kumocast) - Number(kinto);
      const isTotal = where === 'header total-objects' || where === 'header total-records';
      return isTotal && more > 0 && more <= (bodies.match(/\bdeleted"/g) ?? []).length;
    },
    parts: false,
  },
];
