import { randomUUID } from 'node:crypto';
import { Setting } from '../settings/setting.js';
import type { JsonObject } from '../wire/json.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import { findDecodedPath, parseQueryString } from './query-string.js';
import type { AnsweredRequest, RequestObserver } from './request-observer.js';

export class RequestLogSettings {
  @Setting({
    key: 'log_requests',
    type: 'boolean',
    default: undefined,
    sentence:
      'Whether each request is logged, in a line; empty: where the Python logging sections of a kinto.ini let request.summary speak.',
  })
  logRequests!: boolean | undefined;
}

/** What Kinto calls its own log of requests, in its logging sections and in each entry. */
export const REQUEST_SUMMARY = 'request.summary';

/** @param write gets one summary per request, in Kinto's names (kinto-api.md, 14.3) */
export function requestSummaryObserver(write: (summary: JsonObject) => void): RequestObserver {
  return (answered) => write(summaryOf(answered));
}

/** A summary as one line for people. */
export function summaryLine({ method, path, querystring, code, t, ...others }: JsonObject): string {
  const query = querystring === undefined ? '' : ` ${JSON.stringify(querystring)}`;
  const rest = Object.entries(others).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${method as string} ${JSON.stringify(path)}${query} ${code as number} (${t as number} ms) ${rest.join(' ')}`;
}

function summaryOf({ request, response, endpoint, identity, duration }: AnsweredRequest): JsonObject {
  const { method, path, headers } = request;
  const [, policy, user] = /^([^:]*):(.*)$/s.exec(identity?.userId ?? '') ?? [];
  const querystring = shownQuery(request);
  const batchSize = endpoint?.name === 'batch' ? sizeOf(response) : undefined;
  return withoutAbsent({
    agent: headers['user-agent'],
    path: findDecodedPath(path),
    method,
    lang: headers['accept-language'],
    rid: headers['x-request-id'] ?? randomUUID(),
    errno: response.status < 400 ? 0 : errnoOf(response),
    querystring,
    uid: user,
    authn_type: policy,
    batch_size: batchSize,
    time: new Date().toISOString().slice(0, -1),
    code: response.status,
    t: Math.round(duration),
  });
}

function withoutAbsent(fields: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  const present = Object.entries(fields).filter((pair): pair is [string, JsonObject[string]] => pair[1] !== undefined);
  return Object.fromEntries(present);
}

/** What lets somebody in, or tells that they know something, by the name of its parameter. */
const SECRET_NAME = /token|secret|passw|auth|sign|session|cookie|api_?key|^(code|state|key)$/i;

/** Three parts in base64url (a JWT), or a long run without a space that is no UUID. */
const SECRET_VALUE = /^[\w-]+\.[\w-]+\.[\w-]+$|^(?![0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$)[\w+/=~-]{32,}$/i;

const HIDDEN = '***';

/** `undefined`: there is none. One that cannot be read is left out: its bytes may be anything. */
function shownQuery({ queryString }: ApiRequest): JsonObject | undefined {
  if (queryString === '') return undefined;
  try {
    const pairs = parseQueryString(queryString).map(([name, value]): [string, string] => {
      return [name, SECRET_NAME.test(name) || SECRET_VALUE.test(value) ? HIDDEN : value];
    });
    return Object.fromEntries(pairs);
  } catch {
    return undefined;
  }
}

function errnoOf({ body }: ApiResponse): number {
  const [, errno] = /^\{"code":\d+,"errno":(\d+)/.exec(String(body)) ?? [];
  return Number(errno ?? 0);
}

function sizeOf({ status, body }: ApiResponse): number | undefined {
  return status === 200 ? (JSON.parse(String(body)) as { responses: unknown[] }).responses.length : undefined;
}
