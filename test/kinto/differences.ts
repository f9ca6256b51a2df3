import {
  contentType,
  hasQuery,
  isBatchWith,
  isDefault,
  isDelete,
  isReading,
  pathOf,
  statusesAre,
  type Difference,
} from './difference.js';
import { OF_ATTACHMENTS } from './differences-of-attachments.js';
import { OF_BATCHES } from './differences-of-batches.js';
import { OF_DEFAULT_BUCKET } from './differences-of-default-bucket.js';
import { OF_LIBRARIES } from './differences-of-libraries.js';
import { OF_MEMORY } from './differences-of-memory.js';
import { OF_PLUGINS } from './differences-of-plugins.js';
import { OF_QUERIES } from './differences-of-queries.js';
import type { Answer } from './step.js';

const isEmpty = ({ text, headers }: Answer): boolean =>
  text.endsWith('"data":[]}') || headers.get('total-objects') === '0';

/** Long ago, in ms since the epoch: only clients say such times. */
const LONG_AGO = 1_000_000_000_000;

/** Of a list whose objects, if there are any, have left its time as it was: they came with an older one. */
const isUntouched = (answer: Answer): boolean => {
  const times = [...answer.text.matchAll(/"last_modified":(\d+)/g)].map(([, digits]) => Number(digits));
  return isEmpty(answer) || (times.length > 0 && times.every((time) => time < LONG_AGO));
};

const DEFECTS: readonly Difference[] = [
  {
    name: '`GET /v1/` has the capabilities of live changes.',
    reason: 'What Kinto does not have, it does not name.',
    explains: ({ where, kinto }) => /^body\.capabilities\.(?:pusher|live|changes)$/.test(where) && kinto === undefined,
    parts: false,
  },
  {
    name: '`/v1/contribute.json` tells of kumocast.',
    reason: 'Kinto’s is Kinto’s.',
    explains: (_problem, exchange) => pathOf(exchange) === '/v1/contribute.json' && statusesAre(200, 200)(exchange),
    parts: false,
  },
  {
    name: '`application/merge-patch+json; charset=utf-8` is a merge patch.',
    reason: 'Parameters do not change a media type.',
    explains: (_problem, exchange) => /^application\/merge-patch\+json *;/i.test(contentType(exchange)),
    parts: true,
  },
  {
    name: 'A merge patch of an object onto a value that is none replaces it.',
    reason: 'RFC 7396.',
    explains: ({ where }, exchange) => {
      const isPatch = contentType(exchange).startsWith('application/merge-patch+json');
      const isNested = /"data":\{.*:\{/.test(exchange.kumocast.request.body ?? '');
      const isStored = isNested && where.startsWith('body.data') && statusesAre(200, 200)(exchange);
      // What it has become may be against a schema.
      const isRefused = isNested && statusesAre(500, 400)(exchange);
      return isPatch && (statusesAre(500, 200)(exchange) || isStored || isRefused);
    },
    parts: true,
  },
  {
    name: 'An id has no line break at its end.',
    reason: 'A regular expression’s oversight.',
    explains: (_problem, exchange) => {
      return (
        /%0A/i.test(pathOf(exchange)) && [400, 401, 404].some((status) => statusesAre(undefined, status)(exchange))
      );
    },
    parts: true,
  },
  {
    name: 'An account is shown without its password.',
    reason: 'Not even hashed.',
    explains: ({ where, kumocast }) => /^body\.data(?:\.\d+)?\.password$/.test(where) && kumocast === undefined,
    parts: false,
  },
  {
    name: 'A keyword with a number at the top of a schema (`minProperties`) is a 400 where it fails.',
    reason: '500 in Kinto.',
    explains: (_problem, exchange) => {
      const isOfCount = /"location":"body","name":"(?:min|max)Properties"/.test(exchange.kumocast.answer.text);
      return isOfCount && statusesAre(500, 400)(exchange);
    },
    parts: true,
  },
  {
    name: 'The ETag of `/v1/permissions` means nothing.',
    reason: 'It is a constant in Kinto.',
    explains: ({ where }, exchange) => {
      return /^header (?:etag|last-modified)$/.test(where) && pathOf(exchange).startsWith('/v1/permissions');
    },
    parts: false,
  },
  {
    name: 'The timestamp of an empty list begins with its first answer, not with a request that failed.',
    reason: 'What failed leaves nothing behind.',
    explains: ({ where }, exchange) => {
      const isTimestamp = where === 'header etag' || where === 'header last-modified';
      const { kinto, kumocast } = exchange;
      const isRefused = isEmpty(kinto.answer) && statusesAre(200, 412)(exchange);
      const isKnown = isEmpty(kumocast.answer) && statusesAre(304, 200)(exchange);
      const isOther = isTimestamp && (kumocast.answer.status === 412 || isUntouched(kumocast.answer));
      return isOther || isKnown || isRefused;
    },
    parts: true,
  },
  {
    name: 'Where nothing may be written, a list that nobody has read yet is empty.',
    reason: 'There is nothing to write: its timestamp is that of the answer.',
    kintoStorage: 'postgresql',
    explains: (_problem, exchange) => {
      const { kinto } = exchange;
      // In an answer to a HEAD there is nothing else to go by.
      const isIt = kinto.answer.text === '' || kinto.answer.text.includes('timestamp cannot be written');
      return isIt && isReading(exchange) && kinto.answer.status === 503;
    },
    parts: true,
  },
  {
    name: 'Of several failures of a schema, the first in the order of the client’s schema is told.',
    reason: 'PostgreSQL sorts the keys of what it stores.',
    kintoStorage: 'postgresql',
    explains: ({ where }, exchange) => {
      const isOfSchema = /^body\.(?:message|details\.0\.(?:name|description))$/.test(where);
      return isOfSchema && statusesAre(400, 400)(exchange) && exchange.kumocast.request.body !== undefined;
    },
    parts: false,
  },
  {
    name: '`X-Content-Type-Options` is on every answer.',
    reason: 'Kinto has it on all but a 410.',
    explains: ({ where, kinto }, exchange) => {
      return where === 'header x-content-type-options' && kinto === undefined && statusesAre(410, 410)(exchange);
    },
    parts: false,
  },
  {
    name: 'The `last_modified` of a `DELETE` is a whole number, in quotes or not; anything else is a 400.',
    reason: '500 in Kinto, or another time.',
    explains: (_problem, exchange) => {
      const odd = /[?&]last_modified=(?!\d+(?:&|"|$))/;
      return (
        (isDelete(exchange) && hasQuery(exchange, odd)) ||
        (isBatchWith(exchange, odd) && statusesAre(500, 200)(exchange))
      );
    },
    parts: true,
  },
  {
    name: 'A `last_modified` of 0 in an update is ignored, as any other of the past.',
    reason: 'Kinto takes the 0 for none at all when it compares, and stores it: whoever polls misses the change.',
    explains: ({ where }, exchange) => {
      const isTimestamp = /^header (?:etag|last-modified)$|^body\.data\.last_modified$/.test(where);
      const isZero =
        /"last_modified":0\b/.test(exchange.kumocast.request.body ?? '') ||
        exchange.kinto.answer.headers.get('etag') === '"0"';
      return isTimestamp && isZero && !isReading(exchange) && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
  {
    name: '`If-None-Match: *` is a 412 for whatever is there, also with a `last_modified` of -1.',
    reason: '-1 is what Kinto takes `*` for.',
    explains: (_problem, exchange) => {
      const { request, answer } = exchange.kumocast;
      const isAny = request.headers['if-none-match'] === '*' && answer.headers.get('etag') === '"-1"';
      return isAny && answer.status === 412 && [200, 201].includes(exchange.kinto.answer.status);
    },
    parts: true,
  },
  {
    name: '`Response-Behavior: light` and `diff` work for groups and with history on; listeners get the whole object.',
    reason: '500 in Kinto.',
    explains: (_problem, exchange) => {
      const isAsked = ['light', 'diff'].includes(exchange.kumocast.request.headers['response-behavior'] ?? '');
      return isAsked && pathOf(exchange).includes('/groups/') && statusesAre(500, 200)(exchange);
    },
    parts: true,
  },
  {
    name: 'A method that is switched off is a 405, whatever else is wrong.',
    reason: 'In Kinto, 400 and 404 for ids come first.',
    explains: (_problem, exchange) => {
      const target = `${exchange.step.method} ${pathOf(exchange)}`;
      const isSwitchedOff = /^(?:POST .*\/groups|PATCH .*\/groups\/[^/?]+)(?:\?|$)/.test(target);
      return isSwitchedOff && [400, 404].some((status) => statusesAre(status, 405)(exchange));
    },
    parts: false,
  },
  {
    name: 'A negative `cache_expires` is told as 0.',
    reason: '`max-age=-1` is no number of seconds.',
    explains: ({ where }, { kinto }) => {
      const isNegative = kinto.answer.headers.get('cache-control')?.startsWith('max-age=-') === true;
      return isNegative && /^header (?:cache-control|pragma)$/.test(where);
    },
    parts: false,
  },
  {
    name: 'A JSON Patch works on the permissions that there are, also for a caller with inherited rights.',
    reason: 'Rights are not lost in passing.',
    explains: ({ where }, exchange) => {
      const isPatch = contentType(exchange).startsWith('application/json-patch+json');
      const isMissing =
        (exchange.kumocast.request.body ?? '').includes('"/permissions/') && statusesAre(400, 200)(exchange);
      return isPatch && (isMissing || (where.startsWith('body.permissions') && statusesAre(200, 200)(exchange)));
    },
    parts: true,
  },
  {
    name: 'A patch of permissions leaves those that it does not name.',
    reason: 'Kinto begins with what the caller may see of them.',
    explains: ({ where }, exchange) => {
      const isPatch = contentType(exchange).startsWith('application/merge-patch+json');
      return isPatch && where.startsWith('body.permissions') && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
  {
    name: 'Deleting a bucket ends the memberships in its groups.',
    reason: 'Whoever deletes it.',
    explains: ({ where, kinto, kumocast }) => {
      if (where !== 'body.user.principals' || !Array.isArray(kinto) || !Array.isArray(kumocast)) return false;
      const more = kinto.filter((principal) => !kumocast.includes(principal));
      return more.every((principal) => String(principal).startsWith('/buckets/'));
    },
    parts: true,
  },
  {
    name: 'The headers of CORS are also on a 401 of the default bucket and in a batch.',
    reason: 'A page in a browser may read the same of every answer.',
    explains: ({ where, kinto }, exchange) => {
      const isInside = exchange.isPart === true || isDefault(exchange);
      const isCors = /^header access-control-(?:expose-headers|allow-origin)$/.test(where);
      return isInside && isCors && kinto === undefined && statusesAre(401, 401)(exchange);
    },
    parts: false,
  },
];

export const DIFFERENCES: readonly Difference[] = [
  ...DEFECTS,
  ...OF_QUERIES,
  ...OF_LIBRARIES,
  ...OF_BATCHES,
  ...OF_DEFAULT_BUCKET,
  ...OF_ATTACHMENTS,
  ...OF_PLUGINS,
  ...OF_MEMORY.map((difference): Difference => ({ ...difference, kintoStorage: 'memory' })),
];
