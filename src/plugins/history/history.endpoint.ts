import { PluralEndpoint } from '../../resources/endpoints/plural.endpoint.js';
import type { ResourceParts } from '../../resources/endpoints/resource-parts.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import { pluralOperations } from '../../resources/openapi/resource-operations.js';
import { HISTORY_FIELDS, historyDefinition } from './history.definition.js';

/** Ids that a filter compares as text also where they look like numbers; Kinto forgets `group_id`. */
const TEXT_ID = /^(?:(?:eq|not|lt|max|gt|min)_)?(?:bucket|collection|record)_id$/;

/** The history of a bucket: it can be read and deleted, never written to (kinto-api.md, 12.1.3). */
export class HistoryEndpoint extends PluralEndpoint {
  override readonly methods = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];
  readonly operations = historyOperations();

  protected override readonly strictFields = HISTORY_FIELDS;
  /** Kinto counts every list but this one. */
  protected override readonly tellsTotals = false;

  constructor(resource: ResourceParts) {
    super(historyDefinition, resource);
  }

  override exposedHeaders(method: string): readonly string[] {
    return super.exposedHeaders(method === 'HEAD' ? 'GET' : method);
  }

  override handle(exchange: Exchange): Promise<ApiResponse> {
    return super.handle({ ...exchange, request: withTextIds(exchange.request) });
  }
}

function historyOperations(): OperationDescriptions {
  const { GET, HEAD, DELETE } = pluralOperations(historyDefinition);
  const summary = 'What was done in the bucket, the latest first.';
  const fields = `Nothing can be filtered, sorted or shown by but ${HISTORY_FIELDS.map((name) => `\`${name}\``).join(', ')}, \`id\` and \`last_modified\`.`;
  return {
    ...(GET && { GET: { ...GET, summary, description: `${GET.description ?? ''} ${fields}` } }),
    ...(HEAD && {
      HEAD: {
        ...HEAD,
        summary,
        responses: { ...HEAD.responses, 200: { description: 'The version is in the headers.' } },
      },
    }),
    ...(DELETE && { DELETE: { ...DELETE, summary: 'Deletes the entries that are asked for.', description: fields } }),
  };
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
