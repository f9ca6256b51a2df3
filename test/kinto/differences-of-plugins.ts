import { hasQuery, isDelete, isReading, pathOf, statusesAre, type Difference } from './difference.js';
import type { Exchange } from './exchange.js';
import type { Answer } from './step.js';

const isAdmin = (exchange: Exchange): boolean => /^\/v1\/admin(?:[/?]|$)/.test(pathOf(exchange));
const isPlainView = (exchange: Exchange): boolean =>
  isAdmin(exchange) || pathOf(exchange).startsWith('/v1/__metrics__');

const isOpenId = (exchange: Exchange): boolean => pathOf(exchange).startsWith('/v1/openid/');

/** How many objects there are of each resource, tombstones among them. */
function totalsIn(counters: string): string {
  const { objects, tombstones } = JSON.parse(counters) as Record<string, Record<string, number>>;
  const names = [...new Set([...Object.keys(objects!), ...Object.keys(tombstones!)])].sort();
  return names.map((name) => `${name} ${(objects![name] ?? 0) + (tombstones![name] ?? 0)}`).join();
}

/** Whether a list was asked for in vain: it is empty, or something else was wrong with the request. */
const showsNothing = ({ status, text, headers }: Answer): boolean =>
  status === 400 || (status === 200 && (text === '{"data":[]}' || headers.get('total-objects') === '0'));

const OF_HISTORY_AND_COUNTERS: readonly Difference[] = [
  {
    name: 'A live object with a field `deleted` is counted as live.',
    reason: 'Kinto’s counters take it for a tombstone.',
    explains: ({ where }, exchange) => {
      const isCount = pathOf(exchange) === '/v1/__counters__' && /^body\.(?:objects|tombstones)\./.test(where);
      return isCount && totalsIn(exchange.kinto.answer.text) === totalsIn(exchange.kumocast.answer.text);
    },
    parts: false,
  },
  {
    name: 'A live object with a field `deleted` is counted as live.',
    reason: 'And it is in a snapshot.',
    explains: ({ where }, exchange) => {
      const isSnapshot = pathOf(exchange).includes('/snapshot/collections/') && where === 'body.data';
      return isSnapshot && exchange.kumocast.answer.text.includes('"deleted":') && statusesAre(200, 200)(exchange);
    },
    parts: false,
  },
  {
    name: 'Trimming and `DELETE` remove exactly the history entries they mean, and their permissions.',
    reason: 'In Kinto, whoever could read an entry that was trimmed may still ask for the list.',
    explains: (_problem, exchange) => {
      const isHistory = /^\/v1\/buckets\/[^/?]+\/history(?:\?|$)/.test(pathOf(exchange));
      const isRefused = [401, 403].includes(exchange.kumocast.answer.status);
      return isHistory && isReading(exchange) && isRefused && showsNothing(exchange.kinto.answer);
    },
    parts: true,
  },
  {
    name: 'Trimming and `DELETE` remove exactly the history entries they mean, and their permissions.',
    reason: 'Kinto removes the permissions of all entries of the bucket.',
    explains: () => false,
    parts: true,
    partsSilently: (exchange) => {
      const isHistory = /\/history(?:\?|$)/.test(pathOf(exchange));
      return isHistory && isDelete(exchange) && exchange.kumocast.answer.text.includes('"deleted":true');
    },
  },
];

const OF_OPENID: readonly Difference[] = [
  {
    name: 'A login’s redirect has no body, and no cache keeps it.',
    reason: 'It has tokens in it.',
    explains: ({ where }, exchange) => {
      return (
        isOpenId(exchange) &&
        statusesAre(307, 307)(exchange) &&
        ['body', 'header cache-control', 'header content-type'].includes(where)
      );
    },
    parts: false,
  },
  {
    name: 'A login has no `HEAD`.',
    reason: 'Who looks at a link before its user does would use it up.',
    explains: ({ where, kinto, kumocast }, exchange) => {
      if (!isOpenId(exchange)) return false;
      if (exchange.step.method === 'HEAD')
        return /\/login(?:\?|$)/.test(pathOf(exchange)) && statusesAre(undefined, 405)(exchange);
      if (!/^header (?:allow|access-control-allow-methods)$/.test(where)) return false;
      const [left, right] = [kinto, kumocast].map((methods) => String(methods).split(/, */).sort());
      return left!.filter((method) => method !== 'HEAD').join() === right!.join();
    },
    parts: false,
  },
  {
    name: 'Behind a callback without a path comes a slash, before anything else.',
    reason: 'In Kinto, what is put behind it becomes a part of the host.',
    explains: ({ where, kinto }, exchange) => {
      return isOpenId(exchange) && where === 'header location' && URL.parse(String(kinto)) === null;
    },
    parts: false,
  },
  {
    name: 'A callback that browsers and servers might read differently is no URL.',
    reason: 'In Kinto it is one, and untrusted.',
    explains: ({ where }, exchange) => {
      const isAmbiguous = hasQuery(exchange, /[?&]callback=[^&]*(?:%40|%5C|%20|%0)/i);
      return isOpenId(exchange) && isAmbiguous && statusesAre(400, 400)(exchange) && where.startsWith('body.');
    },
    parts: false,
  },
];

const OF_ADMIN_AND_METRICS: readonly Difference[] = [
  {
    name: 'The admin and the metrics are there for `GET`, `HEAD` and `OPTIONS`, with the headers of CORS.',
    reason: 'Kinto answers a `DELETE` with the page.',
    explains: ({ where }, exchange) => {
      if (!isPlainView(exchange)) return false;
      const { method } = exchange.step;
      if (!['GET', 'HEAD'].includes(method)) return true;
      return where.startsWith('header access-control-');
    },
    parts: false,
  },
  {
    name: 'Metrics: no `process_*`, no `_created` series, no times of a permission backend, no directory for several processes; a series begins with its first measurement; a batch is one request; ids are bounded by `metrics_max_label_values`.',
    reason: 'Python’s client, and two backends where here is one.',
    explains: ({ where, kumocast }) => {
      // Here a caller is known also where nothing asks for them.
      if (/^body kinto_(?:users|authentication)_total$/.test(where)) return true;
      const isMissing = /^body (?:python_|process_|kinto_(?:backend|cache|authentication)_|.*_created$)/.test(where);
      return isMissing && kumocast === undefined;
    },
    parts: false,
  },
  {
    name: 'Metrics tell of channels, too.',
    reason: 'What Kinto does not have, it does not measure.',
    explains: ({ where, kinto }) => where.startsWith('body kinto_channels_') && kinto === undefined,
    parts: false,
  },
  {
    name: 'The files of the admin have ETags, and its page is asked for each time.',
    reason: 'There, files have dates alone, and nothing is said of the page.',
    explains: ({ where }, exchange) => {
      const { answer } = exchange.kumocast;
      const isFile = isAdmin(exchange) && [200, 304].includes(answer.status);
      const isKnown = statusesAre(200, 304)(exchange);
      return isFile && (isKnown || /^header (?:etag|last-modified|cache-control|expires)$/.test(where));
    },
    parts: false,
  },
  {
    name: '`/admin/index.html` may load what `/admin/` may.',
    reason: 'It is the same page; there, it may load nothing.',
    explains: ({ where }, exchange) => {
      return pathOf(exchange).startsWith('/v1/admin/index.html') && where === 'header content-security-policy';
    },
    parts: false,
  },
  {
    name: 'What is no file below `/admin/` is a 404: a folder, a hidden file, a path with `..` or a slash at its end.',
    reason: 'Nobody needs them, and what is not served cannot leak.',
    explains: (_problem, exchange) => {
      const isNoFile = /\/(?:\.|%2e|$)|\/assets(?:\/deep)?$/i.test(pathOf(exchange).replace(/\?.*/, ''));
      return isAdmin(exchange) && isNoFile && statusesAre(undefined, 404)(exchange);
    },
    parts: false,
  },
];

const OF_USER_DATA: readonly Difference[] = [
  {
    name: 'Who has nothing can be deleted by `DELETE /__user_data__/…`, too.',
    reason: 'Kinto’s PostgreSQL is asked for the entries of no object at all.',
    kintoStorage: 'postgresql',
    explains: (_problem, exchange) => {
      return pathOf(exchange).startsWith('/v1/__user_data__/') && statusesAre(503, 200)(exchange);
    },
    parts: true,
  },
];

/** What is otherwise in the history, counters, logins, the pages of the admin, and the metrics. */
export const OF_PLUGINS: readonly Difference[] = [
  ...OF_HISTORY_AND_COUNTERS,
  ...OF_OPENID,
  ...OF_ADMIN_AND_METRICS,
  ...OF_USER_DATA,
];
