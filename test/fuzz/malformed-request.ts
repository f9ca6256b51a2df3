import type { Random } from './random.js';

/** One request as the bytes of HTTP/1.1 that are sent; what it breaks is anybody's guess. */
export interface MalformedRequest {
  readonly bytes: Buffer;
  /** For the report: the beginning of it. */
  readonly shown: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Not CONNECT: Node closes such a connection without an answer, as it is no proxy. */
const ODD_METHODS = ['TRACE', 'PROPFIND', 'get', 'FOO', 'M-SEARCH', 'PURGE', 'QUERY'];

const ODD_TEXTS = [
  '',
  ' ',
  'default',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '.',
  '%2e%2e',
  '%00',
  '%0a',
  '%0d%0aX:%20y',
  '%E9',
  '%zz',
  '%',
  '%2F',
  '%F0%9F%92%A9',
  '%ED%A0%80',
  '%C0%80',
  'é',
  "'; DROP TABLE objects; --",
  '"',
  '\\',
  '*',
  '_x',
  'a'.repeat(3000),
  '9'.repeat(400),
  '-1',
  '1e400',
  'null',
  'true',
  '[1,2',
  '{"a":',
  '{}',
  '[]',
  '"x"',
  '9223372036854775808',
  '0x10',
  'NaN',
  '${7*7}',
  '{{7*7}}',
];

const SEGMENTS = ['buckets', 'b', 'collections', 'c', 'records', 'r', 'groups', 'g', 'history', 'accounts', 'batch'];
const SPECIAL_PATHS = [
  '/',
  '/v1',
  '/v1/',
  '/v1/batch',
  '/v1/permissions',
  '/v1/__heartbeat__',
  '/v1/__version__',
  '/v1/__api__',
  '/v1/__user_data__/x',
  '/v1/__counters__',
  '/v1/buckets/default',
  '/v1/buckets/default/collections/c/records',
  '/v1/buckets/b/snapshot/collections/c@1',
  '/v1/buckets/b/collections/c/records/r/attachment',
  '/v1/openid/x/token',
  '/v2/buckets',
  '//',
  '/v1//buckets',
  '/apps/1/events',
  '*',
  'http://other/v1/',
];

const PARAMETERS = [
  '_since',
  '_before',
  '_to',
  '_limit',
  '_token',
  '_sort',
  '_fields',
  'id',
  'last_modified',
  'in_id',
  'like_x',
  'gt_last_modified',
  'contains_x',
  'contains_any_a.b',
  'has_x',
  'exclude_last_modified',
  'deleted',
  '__proto__',
  'x[]',
];

const HEADERS = [
  'Authorization',
  'If-Match',
  'If-None-Match',
  'Accept',
  'Content-Type',
  'Origin',
  'Access-Control-Request-Method',
  'Access-Control-Request-Headers',
  'Response-Behavior',
  'X-Request-Id',
  'Host',
  'Cookie',
  'Expect',
  'Upgrade',
  'Accept-Encoding',
  'Range',
  'X-Forwarded-For',
];

const TYPES = [
  'application/json',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/json; charset=latin-1',
  'APPLICATION/JSON',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '/',
  ';',
];

const JSON_BODIES = [
  '{"data":{}}',
  '{"data":{"id":1}}',
  '{"data":{"last_modified":true}}',
  '{"data":{"last_modified":9e99}}',
  '{"data":null}',
  '{"data":[]}',
  '{"permissions":{"write":"x"}}',
  '{"permissions":{"destroy":["x"]}}',
  '{"permissions":{"__proto__":["x"]}}',
  '{"data":{"members":[1,null,{}]}}',
  '{"data":{"schema":{"type":"Washmachine"}}}',
  '{"data":{"schema":{"properties":{"x":{"pattern":"(a+)+$"}}}}}',
  '{"data":{"collection:schema":[]}}',
  '{"data":{"cache_expires":{}}}',
  '{"data":{"password":1,"id":"x"}}',
  '{"requests":[{"path":"/buckets/b","method":"PUT"}]}',
  '{"requests":[{"path":"//","headers":{"If-Match":"x"}}],"defaults":{"body":{}}}',
  '{"requests":[{"path":"/buckets/default/collections/x y"},{"path":"/%zz"}]}',
  '[{"op":"add","path":"/data/x","value":1}]',
  '[{"op":"remove","path":"/data/__proto__"}]',
  '[{"op":"move","from":"/data","path":"/data/x"}]',
  '[{"op":"test","path":"/data/last_modified"}]',
  '[{"op":"copy","from":"","path":"/permissions/read"}]',
  '[1]',
  '{"data":{"a":"\\u0000"}}',
  '{"data":{"a":"\\ud800"}}',
  '{"data":{"__proto__":{"x":1},"constructor":{"prototype":{}}}}',
];

export function makeMalformedRequest(random: Random, host: string): MalformedRequest {
  const method = random.once(25) ? random.of(ODD_METHODS) : random.of(METHODS);
  const target = makePath(random) + makeQuery(random);
  const headers = [`Host: ${host}`, ...makeHeaders(random)];
  const body = method === 'GET' && !random.once(10) ? Buffer.alloc(0) : makeBody(random);
  if (body.length > 0) headers.push(`Content-Length: ${body.length}`);
  const head = `${method} ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
  return { bytes: Buffer.concat([Buffer.from(head, 'latin1'), body]), shown: (head + body.toString()).slice(0, 400) };
}

function makePath(random: Random): string {
  if (random.once(3)) return random.of(SPECIAL_PATHS);
  const segments = random.some(8, () => (random.once(3) ? urlSafe(random.of(ODD_TEXTS)) : random.of(SEGMENTS)));
  const plausible = [
    'buckets',
    'b',
    'collections',
    'c',
    'records',
    random.once(2) ? 'r' : urlSafe(random.of(ODD_TEXTS)),
  ];
  const chosen = random.once(2) ? plausible.slice(0, 1 + random.below(6)) : segments;
  return `/v1/${chosen.join('/')}${random.once(12) ? '/' : ''}`;
}

function makeQuery(random: Random): string {
  if (random.once(2)) return '';
  const pairs = random.some(4, () => `${random.of(PARAMETERS)}=${urlSafe(random.of(ODD_TEXTS))}`);
  return `?${pairs.join('&')}`;
}

function makeHeaders(random: Random): string[] {
  const headers: string[] = [];
  if (!random.once(4)) headers.push(`Authorization: Basic ${Buffer.from('mat:secret').toString('base64')}`);
  if (!random.once(4)) headers.push(`Content-Type: ${random.of(TYPES)}`);
  for (const name of random.some(2, () => random.of(HEADERS))) {
    // Two Host headers, or an Expect that nobody keeps, end the connection; they are tried by themselves.
    if (name === 'Host' || name === 'Expect' || name === 'Upgrade') continue;
    const values = ['"1"', '*', '"abc"', 'W/"1"', '"1", "2"', 'Basic !!!', 'Bearer x', 'full', '', ...ODD_TEXTS];
    headers.push(`${name}: ${headerSafe(random.of(values))}`);
  }
  return headers;
}

function makeBody(random: Random): Buffer {
  switch (random.below(8)) {
    case 0:
      return Buffer.alloc(0);
    case 1:
      return random.bytes(random.below(60));
    case 2: {
      const whole = random.of(JSON_BODIES);
      return Buffer.from(whole.slice(0, random.below(whole.length)));
    }
    case 3:
      return Buffer.from(`{"data":${'['.repeat(random.below(2000))}`);
    case 4: {
      const depth = random.below(700);
      return Buffer.from(`{"data":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`);
    }
    case 5:
      return Buffer.from(
        `{"data":{"x":${JSON.stringify(random.of(ODD_TEXTS))},"n":${random.of(['1e400', '1e5', '12345678901234567890', '-0', '01'])}}}`,
      );
    default:
      return Buffer.from(random.of(JSON_BODIES));
  }
}

/** What may stand in a request line; everything else would be another kind of malformed. */
function urlSafe(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character)).replaceAll('#', '%23');
}

function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
