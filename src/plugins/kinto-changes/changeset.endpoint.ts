import type { Access } from '../../permissions/access.js';
import type { ApiRequest, ApiResponse, ResponseHeaders } from '../../resources/api-message.js';
import { refusal } from '../../resources/authorization.js';
import { getListTimestamp } from '../../resources/endpoints/resource-parts.js';
import type { Exchange, StorageEndpoint } from '../../resources/exchange.js';
import { findAbove } from '../../resources/object-above.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import { placeOf } from '../../resources/resource-place.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import { escapeNonAscii } from '../../wire/json.js';
import { readListQuery } from '../../wire/query/list-query.js';
import { timestampOf, type MonitorEndpointParts } from './changes-list.endpoint.js';
import { MONITOR } from './monitored-collections.js';
import { findOldSinceRedirect } from './old-since.js';

export interface ChangesetParts extends MonitorEndpointParts {
  readonly access: Access;
  readonly definitions: ResourceDefinitions;
}

interface ChangesetQuery {
  readonly since: number | undefined;
  readonly limit: number | undefined;
  /** Of monitor/changes: only these. */
  readonly bucket: string | undefined;
  readonly collection: string | undefined;
}

const CHANGESET = {
  type: 'object',
  required: ['metadata', 'timestamp', 'changes'],
  properties: {
    metadata: { type: 'object', description: 'The collection itself.' },
    timestamp: { type: 'integer', description: 'Of the list of records, in ms since the epoch.' },
    changes: { type: 'array', items: { type: 'object' } },
  },
};

const PARAMETERS = [
  { name: '_expected', in: 'query', required: true, schema: { type: 'string' }, description: 'Any text: for caches.' },
  { name: '_since', in: 'query', schema: { type: 'string', pattern: '^"[0-9]+"$' }, description: 'Only later ones.' },
  { name: '_limit', in: 'query', schema: { type: 'integer', minimum: 0 }, description: 'Only the newest; 0: all.' },
];

/** A collection and its records in one answer, of one moment (kinto-changes 4.1). */
export class ChangesetEndpoint implements StorageEndpoint {
  readonly name = 'collection-changeset';
  readonly pattern = '/buckets/{bucket_id}/collections/{collection_id}/changeset';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations = {
    GET: {
      id: 'get_changeset',
      tag: 'Changes',
      summary: 'A collection and its records, of one moment.',
      parameters: PARAMETERS,
      isProtected: true,
      errors: [400, 404],
      responses: {
        200: { description: 'The collection, its timestamp and its records.', schema: CHANGESET },
        307: { description: 'Of monitor/changes, since too long ago: to all of it.' },
      },
    },
  };

  constructor(private readonly parts: ChangesetParts) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { bucket_id: bucket = '', collection_id: collection = '' } = exchange.params;
    const isMonitor = bucket === MONITOR.bucket && collection === MONITOR.collection;
    if (!isMonitor) await this.ensureAllowed(exchange);
    const query = readQuery(exchange.request, exchange.originProblems);
    const headers: ResponseHeaders = { ...this.parts.expiry.headersFor(bucket, collection, true) };
    if (!isMonitor) return { status: 200, headers, body: await this.bodyOf(exchange, query) };
    const { settings, project } = this.parts;
    const redirect = findOldSinceRedirect(exchange.request, settings, project);
    return redirect ?? { status: 200, headers, body: await this.monitorBody(exchange, query) };
  }

  /** Who may read the collection may read its records. */
  private async ensureAllowed(exchange: Exchange): Promise<void> {
    const { access, definitions } = this.parts;
    const { above: uris } = placeOf(definitions.get('record'), definitions, exchange.params);
    const required = { resource: 'collection', permission: 'read' };
    const request = { requested: 'collection', required, uris };
    if (!(await access.isAllowed(exchange.view.sql, exchange.caller.principals, request))) throw refusal(exchange);
  }

  private async bodyOf(exchange: Exchange, { since, limit }: ChangesetQuery): Promise<string> {
    const { definitions, limits } = this.parts;
    const place = placeOf(definitions.get('record'), definitions, exchange.params);
    const metadata = await findAbove(exchange.view, place, 'collection');
    if (metadata === undefined) throw new ApiError('MISSING_RESOURCE');
    const timestamp = await getListTimestamp(exchange, place);
    const parameters: [string, string][] = since === undefined ? [] : [['_since', `"${since}"`]];
    const selection = readListQuery(parameters, { ...limits, paginateBy: limits.maxFetchSize, nowMs: Date.now() });
    const most = Math.min(limit ?? limits.maxFetchSize, limits.maxFetchSize);
    const records = await exchange.view.listObjects(place.list, { ...selection.getQuery(), limit: most });
    const texts = records.slice(0, most).map(({ text }) => text);
    return changesetBody(metadata.text, timestamp, texts);
  }

  private async monitorBody(exchange: Exchange, { since, limit, bucket, collection }: ChangesetQuery): Promise<string> {
    const entries = await this.parts.collections.entries(exchange);
    const chosen = entries.filter(
      ({ lastModified, value }) =>
        (since === undefined || lastModified > since) &&
        (bucket === undefined || value.bucket === bucket) &&
        (collection === undefined || value.collection === collection),
    );
    return changesetBody(
      '{}',
      timestampOf(entries),
      chosen.slice(0, limit).map(({ text }) => text),
    );
  }
}

function changesetBody(metadata: string, timestamp: number, changes: readonly string[]): string {
  return escapeNonAscii(`{"metadata":${metadata},"timestamp":${timestamp},"changes":[${changes.join(',')}]}`);
}

/** @throws ApiError 400 in the words of kinto-changes */
function readQuery({ queryString }: ApiRequest, others: readonly ErrorDetail[]): ChangesetQuery {
  const given = new Map(parseQueryString(queryString));
  const problems = [...others];
  const refuse = (name: string, description: string) => {
    problems.push({ location: 'querystring', name, description });
  };
  const since = given.get('_since');
  if (since !== undefined && !/^"\d{1,15}"$/.test(since)) {
    refuse('_since', 'The value should be integer between double quotes.');
  }
  // An empty text is none.
  if ((given.get('_expected') ?? '') === '') refuse('_expected', 'Required');
  const limit = given.get('_limit');
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) refuse('_limit', `${JSON.stringify(limit)} is not a number`);
  if (problems.length > 0) throw invalidParameters(problems);
  return {
    since: since === undefined ? undefined : Number(since.slice(1, -1)),
    limit: limit === undefined || Number(limit) === 0 ? undefined : Number(limit),
    bucket: given.get('bucket'),
    collection: given.get('collection'),
  };
}
