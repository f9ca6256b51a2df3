import { accessEntries } from '../../permissions/access-entries.js';
import type { ApiResponse } from '../../resources/api-message.js';
import type { Exchange, StorageEndpoint } from '../../resources/exchange.js';
import { ID_PATTERN } from '../../resources/kinto/ids.js';
import { recordDefinition } from '../../resources/kinto/records.js';
import { schemaName, schemaReference } from '../../resources/openapi/object-schemas.js';
import { pythonText } from '../../resources/write-body.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { escapeNonAscii } from '../../wire/json.js';
import { recordsAt } from './records-at.js';

/** What is answered, for the OpenAPI document. */
const RECORDS_SCHEMA = {
  type: 'object',
  required: ['data'],
  properties: { data: { type: 'array', items: schemaReference(schemaName(recordDefinition)) } },
  additionalProperties: false,
};

/** The records of a collection as they were at some time, from the history (kinto-api.md, 12.1.5). */
export class SnapshotEndpoint implements StorageEndpoint {
  readonly name = 'history_snapshot';
  readonly pattern = '/buckets/{bucket_id}/snapshot/collections/{collection_at_timestamp}';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly pathParameters = {
    collection_at_timestamp: {
      description: 'The id of the collection and a timestamp in ms, as in `articles@1700000000000`.',
      schema: { type: 'string', pattern: `${ID_PATTERN.source.replace('$', '')}@.+$` },
    },
  };
  readonly operations = {
    GET: {
      id: 'get_history_snapshot',
      tag: 'History',
      summary: 'The records of a collection as they were at a time.',
      description: 'It is made from the history, and only as complete as that.',
      responses: { 200: { description: 'The records, the latest changed first.', schema: RECORDS_SCHEMA } },
      isProtected: true,
    },
  };

  /** @param limit the most records that are answered, the newest ones */
  constructor(private readonly limit: number) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { bucket_id: bucketId = '', collection_at_timestamp: segment = '' } = exchange.params;
    const at = segment.lastIndexOf('@');
    if (at <= 0 || at === segment.length - 1) throw new ApiError('MISSING_RESOURCE');
    const timestamp = readTimestamp(segment.slice(at + 1));
    const collectionId = segment.slice(0, at);
    ensureId('bucket', bucketId);
    ensureId('collection', collectionId);
    const bucketUri = `/buckets/${bucketId}`;
    const collectionUri = `${bucketUri}/collections/${collectionId}`;
    await ensureMayRead(exchange, [bucketUri, collectionUri]);
    const records = await recordsAt(exchange.view, { bucketUri, collectionUri, collectionId, timestamp }, this.limit);
    const body = `{"data":[${records.map(({ text }) => text).join(',')}]}`;
    return { status: 200, headers: {}, body: escapeNonAscii(body) };
  }
}

/** A whole number as Python's `int()` reads one. @throws ApiError 400 */
function readTimestamp(text: string): number {
  const digits = /^\s*\+?(\d+(?:_\d+)*)\s*$/.exec(text)?.[1];
  if (digits !== undefined) return Math.min(Number(digits.replaceAll('_', '')), Number.MAX_SAFE_INTEGER);
  const description = `Invalid timestamp ${pythonText(text)}`;
  throw invalidParameters([{ location: 'path', name: 'timestamp', description }]);
}

function ensureId(resourceName: string, id: string): void {
  if (!ID_PATTERN.test(id)) throw new ApiError('MISSING_PARENT', { details: { id, resource_name: resourceName } });
}

/** Entries of the bucket or the collection count, settings do not: Kinto looks outside of its resources here. */
async function ensureMayRead({ view, caller, identity }: Exchange, uris: readonly string[]): Promise<void> {
  const held = await accessEntries.held(view.sql, caller.principals, uris);
  if (held.some(({ permission }) => permission === 'read' || permission === 'write')) return;
  throw new ApiError(identity.userId === undefined ? 'MISSING_AUTH_TOKEN' : 'FORBIDDEN');
}
