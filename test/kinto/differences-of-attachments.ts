import { isDefault, isDelete, pathOf, statusesAre, type Difference } from './difference.js';
import type { Exchange } from './exchange.js';

const isAttachment = (exchange: Exchange): boolean => /\/attachment\/?(?:\?|$)/.test(pathOf(exchange));

/** What `generate/forms.ts` sends as `C:\dir\a.txt`, and as two kinds of an extension alone. */
const OTHER_NAMES = new Set(['Cdira.txt a.txt', 'txt file.txt', 'UUID UUID.txt']);

/** How often a name was taken depends on what other names became of. */
const withoutNumber = (name: string): string => name.replace(/-\d+(?=(?:\.\w+)*$)/, '');

/** Whether two files are in one folder, under what each server makes of a name like these. */
function isOtherName(kinto: string, kumocast: string): boolean {
  const [left, right] = [kinto, kumocast].map((location) => {
    const [, folder, name] = /^(.*\/)?([^/]*)$/.exec(location)!;
    return {
      folder: folder ?? '',
      name: withoutNumber(name!.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'UUID')),
    };
  });
  return left!.folder === right!.folder && OTHER_NAMES.has(`${left!.name} ${right!.name}`);
}

/** What is otherwise with the files of records. */
export const OF_ATTACHMENTS: readonly Difference[] = [
  {
    name: 'An attachment’s `PUT` does what its `POST` does; preconditions count; a missing record’s `DELETE` is a 404.',
    reason: 'Allow names PUT.',
    explains: ({ where }, exchange) => isAttachment(exchange) && where === 'header allow',
    parts: false,
  },
  {
    name: 'Attachments work under `/buckets/default`, too.',
    reason: 'Kinto takes `default` for the id of any bucket there.',
    explains: (_problem, exchange) => isAttachment(exchange) && isDefault(exchange),
    parts: true,
  },
  {
    name: 'An attachment’s `PUT` does what its `POST` does; preconditions count; a missing record’s `DELETE` is a 404.',
    reason: 'There is no PUT.',
    explains: (_problem, exchange) => {
      const { step, kinto } = exchange;
      return isAttachment(exchange) && step.method === 'PUT' && kinto.answer.status >= 400;
    },
    parts: true,
  },
  {
    name: 'An attachment’s `PUT` does what its `POST` does; preconditions count; a missing record’s `DELETE` is a 404.',
    reason: 'Kinto makes the record.',
    explains: (_problem, exchange) => {
      return (
        isAttachment(exchange) &&
        isDelete(exchange) &&
        [204, 401, 403].some((status) => statusesAre(status, 404)(exchange))
      );
    },
    parts: true,
  },
  {
    name: 'At attachments, as elsewhere, 401, 403, 405 and the collection’s 404 come before what is wrong with id or form; `Accept` counts.',
    reason: 'Nothing of a stranger’s request is read.',
    explains: (_problem, exchange) => {
      const { kinto, kumocast } = exchange;
      const isEarlier =
        [400, 404].includes(kinto.answer.status) && [401, 403, 404, 405].includes(kumocast.answer.status);
      const isPreflight = exchange.step.method === 'OPTIONS' && kinto.answer.status === 400;
      const isOther = kinto.answer.status !== kumocast.answer.status;
      return isAttachment(exchange) && ((isOther && (isEarlier || kumocast.answer.status === 406)) || isPreflight);
    },
    parts: true,
  },
  {
    name: 'The name of a file is the last part of what was sent, an extension alone stays one, and what is no media type is `application/octet-stream`.',
    reason: 'Browsers sent whole paths once.',
    explains: ({ where, kinto, kumocast }) => {
      if (typeof kinto !== 'string' || typeof kumocast !== 'string') return false;
      const isOf = (key: string): boolean => where.replace(/^body\.(?:(?:.*\.)?attachment\.)?/, '') === key;
      if (isOf('filename')) return /[/\\]/.test(kinto) && kinto.endsWith(kumocast);
      if (isOf('location')) return isOtherName(kinto, kumocast);
      return isOf('mimetype') && kumocast === 'application/octet-stream' && !kinto.includes('/');
    },
    parts: false,
  },
  {
    name: 'A refused upload leaves no file behind, and a new file has never the name of the old one.',
    reason: 'So `a-1.txt` follows `a.txt`, unless names are random.',
    explains: ({ where, kinto, kumocast }) => {
      return (
        /^body\.(?:.*\.)?location$/.test(where) && withoutNumber(String(kinto)) === withoutNumber(String(kumocast))
      );
    },
    parts: false,
  },
  {
    name: 'Attachments are served under `/v1/attachments/`; what a browser might run is downloaded.',
    reason: 'Kinto has nothing there.',
    explains: (_problem, exchange) => pathOf(exchange).startsWith('/v1/attachments/'),
    parts: false,
  },
  {
    name: 'Attachments are served under `/v1/attachments/`; what a browser might run is downloaded.',
    reason: 'So their URL is known.',
    explains: ({ where, kinto }) => where === 'body.capabilities.attachments.base_url' && kinto === null,
    parts: false,
  },
  {
    name: 'A 204 in a batch has no body.',
    reason: 'It is `null` in Kinto.',
    explains: ({ where, kinto }, exchange) => {
      return where === 'body' && kinto === 'null' && exchange.isPart === true && statusesAre(204, 204)(exchange);
    },
    parts: false,
  },
  {
    name: 'The answers of attachments have the headers of CORS, and say nothing of caches.',
    reason:
      'There, only those of some errors have them, and what a cache may do depends on whether the record was there.',
    explains: ({ where }, exchange) => {
      return isAttachment(exchange) && /^header (?:access-control-|cache-control$)/.test(where);
    },
    parts: false,
  },
];
