import { hasQuery, isDelete, statusesAre, type Difference } from './difference.js';
import type { Exchange, Side } from './exchange.js';

const UNSTORABLE =
  'What cannot be stored or compared (U+0000, `last_modified: true`, `?last_modified=abc`, a page token with wrong types, `If-Match: *x`) is a 400.';

/** Of eight characters, or a UUID, as servers make them. */
const MADE_ID = /"id":"(?:[\w-]{8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/;

const valuesOf = ({ request }: Side, name: string): string[] =>
  new URL(request.path, 'http://server').searchParams.getAll(name);

/** Whether a `Next-Page` differs in no more than that Kinto has only the last of a parameter's values. */
function hasLastAlone({ kinto, kumocast }: Exchange, name: string, left: unknown, right: unknown): boolean {
  const [values, here] = [valuesOf(kinto, name), valuesOf(kumocast, name)];
  return values.length > 1 && left === values.at(-1) && right === here.join();
}

/** What is otherwise in filters, sorting and pages. */
export const OF_QUERIES: readonly Difference[] = [
  {
    name: UNSTORABLE,
    reason: 'U+0000 in a filter: on PostgreSQL it depends on the rows that are there.',
    explains: (_problem, exchange) => hasQuery(exchange, /%00/) && statusesAre(undefined, 400)(exchange),
    parts: false,
  },
  {
    name: UNSTORABLE,
    reason: 'Two values for one comparison of ids.',
    explains: (_problem, exchange) => {
      return hasQuery(exchange, /[?&]((?:gt|min|lt|max)_id)=.*&\1=/) && statusesAre(undefined, 400)(exchange);
    },
    parts: true,
  },
  {
    name: '`exclude_x=` with an empty list excludes nothing.',
    reason: 'What it says.',
    kintoStorage: 'postgresql',
    explains: (_problem, exchange) => {
      return hasQuery(exchange, /[?&]exclude_[\w.]+=(?:&|$)/) && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
  {
    name: '`_since=null` is as if it were absent.',
    reason: 'And so are `_before=null` and `_to=null`.',
    explains: (_problem, exchange) => {
      return hasQuery(exchange, /[?&]_(?:since|before|to)=null(?:&|$)/) && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
  {
    name: 'A page may end at a value that is a list or a mapping.',
    reason: 'Kinto refuses the token of its own `Next-Page` then.',
    explains: (_problem, exchange) => {
      const isNext = hasQuery(exchange, /[?&]_token=/) && hasQuery(exchange, /[?&]_sort=/);
      return isNext && statusesAre(400, 200)(exchange);
    },
    parts: true,
  },
  {
    name: 'A next page has every filter of the first, also where two are of one name.',
    reason: 'Kinto keeps the last of them alone.',
    explains: ({ where, kinto, kumocast }, exchange) => {
      const name = /^header next-page (.+)$/.exec(where)?.[1];
      return name !== undefined && hasLastAlone(exchange, name, kinto, kumocast);
    },
    parts: true,
  },
  {
    name: 'The next page of a `DELETE` goes on where the one before it ended, whatever it is sorted by.',
    reason: 'Kinto’s token has what tombstones have: no fields, and the time of the deletion.',
    explains: (_problem, exchange) => {
      const isNext = hasQuery(exchange, /[?&]_token=/) && hasQuery(exchange, /[?&]_sort=(?!-last_modified(?:&|$))/);
      return isDelete(exchange) && isNext && statusesAre(200, 200)(exchange);
    },
    parts: true,
  },
  {
    name: 'Record ids made by the server begin with the time.',
    reason: 'All of them are of chance: sorted by ids, each server has an order of its own.',
    explains: ({ where }, exchange) => {
      const isSorted = hasQuery(exchange, /[?&]_sort=(?:-|%2B)?id(?:&|$)/i) && statusesAre(200, 200)(exchange);
      const hasMade = [exchange.kinto, exchange.kumocast].some(({ answer }) => MADE_ID.test(answer.text));
      return isSorted && hasMade && /^body(?:\.data| as ASCII)|^header next/.test(where);
    },
    parts: true,
  },
  {
    name: 'The `DELETE` of a page leaves the permissions of what stays.',
    reason: 'In Kinto, without filters, those of the whole list go; what stays is nobody’s own.',
    explains: () => false,
    parts: true,
    partsSilently: (exchange) => {
      const isOfPage = isDelete(exchange) && exchange.kumocast.answer.headers.has('next-page');
      // Paging and sorting are no filters.
      return (
        isOfPage && !hasQuery(exchange, /[?&](?!_(?:limit|sort|token|fields)=)/) && statusesAre(200, 200)(exchange)
      );
    },
  },
];
