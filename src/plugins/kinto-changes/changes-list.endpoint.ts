import { randomUUID } from 'node:crypto';
import type { ApiResponse, ResponseHeaders } from '../../resources/api-message.js';
import { alertFor, nextPageUrl } from '../../resources/endpoints/plural.endpoint.js';
import type { Exchange, StorageEndpoint } from '../../resources/exchange.js';
import type { ProjectSettings } from '../../resources/http.settings.js';
import { ensureAcceptable } from '../../resources/negotiation.js';
import { LIST_PARAMETERS, parameterReferences } from '../../resources/openapi/parameters.js';
import {
  ensurePreconditions,
  findNotModified,
  getPreconditions,
  versionHeaders,
} from '../../resources/preconditions.js';
import { parseQueryString } from '../../resources/query-string.js';
import { matcherOf } from '../../storage/object-match.js';
import { orderKey } from '../../storage/query-order-key.js';
import { encodeJson } from '../../wire/json.js';
import { valueAt } from '../../wire/query/field-path.js';
import { readListQuery, type ListQuery, type Sort } from '../../wire/query/list-query.js';
import { encodePageToken, PAGE_NONCE_PREFIX } from '../../wire/query/page-token.js';
import { projectFields } from '../../wire/query/projection.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { AnswerExpiry } from './answer-expiry.js';
import type { KintoChangesSettings } from './kinto-changes.settings.js';
import { MONITOR, type MonitoredCollections } from './monitored-collections.js';
import { findOldSinceRedirect } from './old-since.js';

const FIELDS = ['host', 'bucket', 'collection'];

const ENTRIES = {
  type: 'object',
  required: ['data'],
  properties: { data: { type: 'array', items: { type: 'object' } } },
};

export interface MonitorEndpointParts {
  readonly collections: MonitoredCollections;
  readonly expiry: AnswerExpiry;
  readonly settings: KintoChangesSettings;
  readonly project: ProjectSettings;
  readonly limits: { readonly paginateBy?: number | undefined; readonly maxFetchSize: number };
}

/** `/buckets/monitor/collections/changes/records`: when each collection last changed, for anybody (kinto-changes 4.1). */
export class ChangesListEndpoint implements StorageEndpoint {
  readonly name = 'changes-plural';
  readonly pattern = `/buckets/${MONITOR.bucket}/collections/${MONITOR.collection}/records`;
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations = {
    GET: {
      id: 'get_monitor_changes',
      tag: 'Changes',
      summary: 'When each of the collections that are monitored last changed.',
      parameters: parameterReferences(LIST_PARAMETERS),
      errors: [400, 406, 412],
      responses: {
        200: { description: 'An entry for each collection.', schema: ENTRIES },
        307: { description: 'It was asked since too long ago: to the whole list.' },
      },
    },
  };

  constructor(private readonly parts: MonitorEndpointParts) {}

  exposedHeaders(): readonly string[] {
    return ['Next-Page', 'Last-Modified', 'ETag', 'Cache-Control', 'Expires', 'Pragma'];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { collections, expiry, settings, project } = this.parts;
    const { request } = exchange;
    const redirect = findOldSinceRedirect(request, settings, project);
    if (redirect !== undefined) return redirect;
    ensureAcceptable(request);
    const parameters = parseQueryString(request.queryString);
    // It is for caches, and selects nothing.
    const reading = this.readQuery(parameters.filter(([name]) => name !== '_expected'));
    const preconditions = getPreconditions(exchange, [...exchange.originProblems, ...reading.problems]);
    const entries = await collections.entries(exchange);
    const timestamp = timestampOf(entries);
    const isExpected = parameters.some(([name]) => name === '_expected');
    const caching = expiry.headersFor(MONITOR.bucket, MONITOR.collection, isExpected);
    const notModified = findNotModified(preconditions, timestamp);
    if (notModified !== undefined) return { ...notModified, headers: { ...notModified.headers, ...caching } };
    ensurePreconditions(preconditions, { exists: true, timestamp });
    const query = reading.getQuery();
    const { page, next } = pageOf(entries, query);
    const headers: ResponseHeaders = {
      ...(caching ?? { 'Cache-Control': 'no-cache, no-store' }),
      ...versionHeaders(timestamp),
      ...alertFor(query),
    };
    if (next !== undefined) headers['Next-Page'] = nextPageUrl(request, query, next);
    const { fields } = query;
    const data = page.map(({ value }) => (fields === undefined ? value : projectFields(value, fields)));
    return { status: 200, headers, body: encodeJson({ data }) };
  }

  private readQuery(parameters: readonly (readonly [string, string])[]) {
    const { paginateBy, maxFetchSize } = this.parts.limits;
    const paging = paginateBy === undefined ? {} : { paginateBy };
    return readListQuery(parameters, { ...paging, maxFetchSize, strictFields: FIELDS, nowMs: Date.now() });
  }
}

/** In ms; of no entries, now. */
export function timestampOf(entries: readonly StoredObject[]): number {
  return entries.length === 0 ? Date.now() : Math.max(...entries.map(({ lastModified }) => lastModified));
}

function pageOf(entries: readonly StoredObject[], { filters, sort, limit, token }: ListQuery) {
  const matches = matcherOf(filters);
  const sorted = entries.filter(({ value }) => matches(value)).sort((a, b) => compare(a, b, sort));
  // By its number: the timestamps that entries are sorted by change from one page to the next, as in kinto-changes.
  const start = token?.offset ?? 0;
  const page = sorted.slice(start, start + limit);
  const last = page.at(-1);
  if (start + limit >= sorted.length || last === undefined) return { page, next: undefined };
  const nonce = PAGE_NONCE_PREFIX + randomUUID();
  return { page, next: { nonce, text: encodePageToken(last.value, sort, { offset: start + page.length, nonce }) } };
}

function compare(a: StoredObject, b: StoredObject, sort: readonly Sort[]): number {
  for (const { path, direction } of sort) {
    const [left, right] = [a, b].map(({ value }) => Buffer.from(orderKey(valueAt(value, path))));
    const order = Buffer.compare(left!, right!);
    if (order !== 0) return direction === 'ascending' ? order : -order;
  }
  return 0;
}
