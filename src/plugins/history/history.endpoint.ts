import { PluralEndpoint } from '../../resources/endpoints/plural.endpoint.js';
import type { ResourceParts } from '../../resources/endpoints/resource-parts.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { parseQueryString } from '../../resources/query-string.js';
import { parseListQuery } from '../../wire/query/list-query.js';
import { HISTORY_FIELDS, historyDefinition } from './history.definition.js';

/** Ids that a filter compares as text also where they look like numbers; Kinto forgets `group_id`. */
const TEXT_ID = /^(?:(?:eq|not|lt|max|gt|min)_)?(?:bucket|collection|record)_id$/;

/** Kinto tells them of every list but this one. */
const TOTALS = ['Total-Objects', 'Total-Records'];

/** The history of a bucket: it can be read and deleted, never written to (kinto-api.md, 12.1.3). */
export class HistoryEndpoint extends PluralEndpoint {
  override readonly methods = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

  constructor(private readonly resource: ResourceParts) {
    super(historyDefinition, resource);
  }

  override exposedHeaders(method: string): readonly string[] {
    return super.exposedHeaders(method === 'HEAD' ? 'GET' : method);
  }

  override async handle(exchange: Exchange): Promise<ApiResponse> {
    const { request } = exchange;
    const answer = await super.handle({ ...exchange, request: withTextIds(request) });
    // Only now, since permissions and conditions come first; what a DELETE has done is undone by the refusal.
    if (answer.status !== 304) this.ensureKnownFields(request);
    const headers = { ...answer.headers };
    for (const name of TOTALS) delete headers[name];
    return { ...answer, headers };
  }

  /** @throws ApiError 400 for a filter, a sort order or a projection by what no entry has */
  private ensureKnownFields({ queryString }: ApiRequest): void {
    const { maxFetchSize } = this.resource.settings;
    parseListQuery(parseQueryString(queryString), { maxFetchSize, nowMs: Date.now(), strictFields: HISTORY_FIELDS });
  }
}

/** `record_id=1` is `record_id="1"`. */
function withTextIds(request: ApiRequest): ApiRequest {
  if (!request.queryString.includes('_id')) return request;
  const pairs = parseQueryString(request.queryString).map(([name, value]) => {
    return [name, TEXT_ID.test(name.trim()) && /^-?\d+$/.test(value) ? `"${value}"` : value];
  });
  const encoded = pairs.map((pair) => pair.map((text) => encodeURIComponent(text)).join('='));
  return { ...request, queryString: encoded.join('&') };
}
