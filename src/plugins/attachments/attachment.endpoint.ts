import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { JSON_TYPE } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import { jsonAnswer } from '../../resources/endpoints/json-answer.js';
import { ObjectEndpoint } from '../../resources/endpoints/object.endpoint.js';
import {
  getUnit,
  type Exchange,
  type PrepareContext,
  type PreparedRequest,
  type StorageEndpoint,
} from '../../resources/exchange.js';
import { recordDefinition } from '../../resources/kinto/records.js';
import { describeId } from '../../resources/openapi/paths.js';
import type { EndpointParts } from '../../resources/plugin.js';
import { objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import { parseJson } from '../../resources/write-body.js';
import { ApiError } from '../../wire/api-error.js';
import { isJsonObject, stringifyJson, type JsonObject } from '../../wire/json.js';
import { attachmentOperations } from './attachment-operations.js';
import { attachmentLinks } from './attachment-links.js';
import type { AttachmentStore } from './attachment-store.js';
import type { FileRemoval } from './file-removal.js';
import { posted, readForm, type PostedForm } from './form.js';
import { storeAttachment, type StoredAttachment } from './stored-attachment.js';
import type { UploadAccess } from './upload-access.js';
import type { UploadRules } from './upload-rules.js';

export interface AttachmentParts {
  readonly store: AttachmentStore;
  readonly rules: UploadRules;
  readonly removal: FileRemoval;
  readonly access: UploadAccess;
  readonly baseUrl: string;
}

/** The file of a record: `POST` and `PUT` attach it, and make the record if need be; `DELETE` takes it away. */
export class AttachmentEndpoint implements StorageEndpoint {
  readonly name = 'attachment';
  readonly pattern = '/buckets/{bucket_id}/collections/{collection_id}/records/{id}/attachment';
  readonly methods = ['POST', 'PUT', 'DELETE', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations = attachmentOperations();
  readonly pathParameters = { id: describeId(recordDefinition) };
  private readonly record: ObjectEndpoint;
  /** What was stored before the transaction, by the request that brought it. */
  private readonly stored = new WeakMap<ApiRequest, StoredAttachment>();

  constructor(
    private readonly parts: AttachmentParts,
    private readonly resource: EndpointParts['resource'],
  ) {
    this.record = new ObjectEndpoint(recordDefinition, resource);
  }

  exposedHeaders(): readonly string[] {
    return [];
  }

  async prepare(request: ApiRequest, context: PrepareContext): Promise<PreparedRequest> {
    if (request.method === 'DELETE') return { request };
    const { access, rules, store, baseUrl, removal } = this.parts;
    const { bucket_id = '', collection_id = '', id = '' } = context.params;
    await access.ensureMayAttach(request, context);
    const form = await readForm(request);
    const texts = readTexts(form);
    const rule = rules.of(bucket_id, collection_id);
    const stored = await keep(() =>
      storeAttachment(form.file, { bucket_id, collection_id, id }, { rule, store, baseUrl }),
    );
    const body = { ...texts, data: { ...texts.data, attachment: stored.attachment } };
    const prepared = asRecordRequest(request, body);
    this.stored.set(prepared, stored);
    return { request: prepared, abandon: () => removal.removeAll([stored.name]) };
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const place = placeOf(recordDefinition, this.resource.definitions, exchange.params);
    const uri = objectUri(place, exchange.params.id!);
    return exchange.request.method === 'DELETE' ? this.detach(exchange, uri) : this.attach(exchange, place, uri);
  }

  private async attach(exchange: Exchange, place: ResourcePlace, uri: string): Promise<ApiResponse> {
    const stored = this.stored.get(exchange.request);
    if (stored === undefined) throw new Error('an attachment was not stored');
    const unit = getUnit(exchange);
    const exists = (await unit.findObject(place.list, exchange.params.id!)) !== undefined;
    const request = { ...exchange.request, method: exists ? 'PATCH' : 'PUT' };
    const { status, headers } = await this.record.handle({ ...exchange, request });
    await this.parts.removal.afterCommit(unit, uri);
    await attachmentLinks.set(unit, uri, stored);
    const location = exchange.request.origin + VERSION_PREFIX + uri;
    const answer = jsonAnswer(status, stored.attachment);
    return { ...answer, headers: { ...versionOf(headers), Location: location } };
  }

  private async detach(exchange: Exchange, uri: string): Promise<ApiResponse> {
    const unit = getUnit(exchange);
    const request = { ...asRecordRequest(exchange.request, { data: { attachment: null } }), method: 'PATCH' };
    const { headers } = await this.record.handle({ ...exchange, request });
    await this.parts.removal.afterCommit(unit, uri);
    return { status: 204, headers: versionOf(headers), body: '' };
  }
}

/** The same request, as if it had come to the record in JSON. */
function asRecordRequest(request: ApiRequest, body: JsonObject): ApiRequest {
  const headers: Record<string, string | undefined> = { ...request.headers, 'content-type': JSON_TYPE };
  // It is about the record, which is not what is answered.
  delete headers['response-behavior'];
  return {
    ...request,
    headers,
    path: request.path.replace(/\/attachment$/, ''),
    queryString: '',
    body: Buffer.from(stringifyJson(body)),
  };
}

function versionOf({ ETag, 'Last-Modified': lastModified }: ApiResponse['headers']): ApiResponse['headers'] {
  return {
    ...(ETag === undefined ? {} : { ETag }),
    ...(lastModified === undefined ? {} : { 'Last-Modified': lastModified }),
  };
}

/** @throws ApiError for a part that is no JSON object */
function readTexts({ texts }: PostedForm): { data?: JsonObject; permissions?: JsonObject } {
  const read: Record<string, JsonObject> = {};
  for (const [name, text] of texts) {
    const parsed = parseJson(Buffer.from(text));
    if ('problem' in parsed) {
      throw posted(`${name} is not valid JSON (${parsed.problem.replace(/^Invalid JSON: /, '')})`);
    }
    if (!isJsonObject(parsed.value)) throw posted(`${name} should be a JSON object`);
    read[name] = parsed.value;
  }
  return read;
}

/** A store that fails is no fault of the client's. */
async function keep(work: () => Promise<StoredAttachment>): Promise<StoredAttachment> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError('BACKEND', { cause: error });
  }
}
