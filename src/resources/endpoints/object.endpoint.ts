import type { ErrorDetail } from '../../wire/api-error.js';
import { parseFields, projectFields } from '../../wire/query/projection.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { JSON_TYPE, type ApiResponse } from '../api-message.js';
import type { Exchange, StorageEndpoint } from '../exchange.js';
import { CHANGE_POSITION } from '../live/change-position.js';
import { replacedPermissions } from '../permission-change.js';
import { ensurePreconditions, findNotModified, getPreconditions } from '../preconditions.js';
import { parseQueryString } from '../query-string.js';
import { ensureAcceptable, ensureSupportedType } from '../negotiation.js';
import type { ResourceDefinition } from '../resource-definition.js';
import type { ResourcePlace } from '../resource-place.js';
import { parseBody } from '../write-body.js';
import { objectAnswer, partialAnswer, tombstoneAnswer } from './object-answer.js';
import { patchObject } from './object-patch.js';
import {
  checkedBySchemas,
  ensureParentExists,
  ensureSameId,
  ensureValidId,
  getListTimestamp,
  getObject,
  LATEST_TIMESTAMP,
  patternOf,
  permissionNames,
  placeIn,
  readObjectBody,
  type ResourceParts,
} from './resource-parts.js';

const READING = ['Last-Modified', 'ETag', 'Cache-Control', 'Expires', 'Pragma'];

/** One object of a resource: `GET`, `PUT`, `PATCH`, `DELETE` (kinto-api.md, 3.3 to 3.7). */
export class ObjectEndpoint implements StorageEndpoint {
  readonly name: string;
  readonly pattern: string;
  readonly methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  readonly usesStorage = true as const;

  constructor(
    readonly definition: ResourceDefinition,
    private readonly parts: ResourceParts,
  ) {
    this.name = `${definition.name}-object`;
    this.pattern = `${patternOf(definition, parts)}/{id}`;
  }

  exposedHeaders(method: string): readonly string[] {
    if (method === 'GET' || method === 'HEAD') return READING;
    return method === 'OPTIONS' ? [] : [CHANGE_POSITION];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const place = placeIn(exchange, this.definition, this.parts);
    const id = exchange.params.id!;
    switch (exchange.request.method) {
      case 'PUT':
        return this.put(exchange, place, id);
      case 'PATCH':
        return patchObject(exchange, place, id, this.parts);
      case 'DELETE':
        return this.delete(exchange, place, id);
      default:
        return this.get(exchange, place, id);
    }
  }

  private async get(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    ensureAcceptable(exchange.request);
    await this.parts.authorization.ensureMayRead(exchange, place, id);
    const parent = await ensureParentExists(exchange, place, this.parts);
    const preconditions = getPreconditions(exchange);
    ensureValidId(this.definition, id);
    const object = getObject(await exchange.view.findObject(place.list, id), place, id);
    const notModified = findNotModified(preconditions, object.lastModified);
    if (notModified === undefined) {
      ensurePreconditions(preconditions, { exists: true, timestamp: object.lastModified, object });
    }
    if (exchange.request.method === 'GET') for (const observe of this.parts.readObservers) observe(place, id);
    if (notModified !== undefined) return notModified;
    const answer = await this.present(exchange, place, object);
    return { ...answer, headers: { ...this.parts.clientCache.headersFor(exchange, place, parent), ...answer.headers } };
  }

  private async present(exchange: Exchange, place: ResourcePlace, object: StoredObject): Promise<ApiResponse> {
    const asked = parseQueryString(exchange.request.queryString).filter(([name]) => name === '_fields');
    const fields = parseFields(asked.map(([, names]) => names));
    if (fields === undefined) return objectAnswer(200, await this.parts.writer.show(exchange, place, object));
    return partialAnswer(object, projectFields(object.value, fields));
  }

  private async put(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    const parent = await ensureParentExists(exchange, place, this.parts);
    ensureAcceptable(exchange.request);
    ensureSupportedType(exchange.request, [JSON_TYPE]);
    const before = await exchange.view.findObject(place.list, id);
    const { authorization, writer, schemas } = this.parts;
    // A creator without write learns by 412 that it exists; somebody with neither learns nothing (3.3).
    if (before === undefined || exchange.request.headers['if-none-match'] === '*') {
      await authorization.ensureMayCreate(exchange, place);
    } else {
      await authorization.ensureMayWrite(exchange, place, id, true);
    }
    const problems = [...exchange.originProblems];
    const body = readObjectBody(parseBody(exchange.request.body), place, this.parts, problems);
    const preconditions = getPreconditions(exchange, problems);
    ensureValidId(this.definition, id);
    if (before !== undefined || preconditions.ifMatch !== undefined) {
      const timestamp = before?.lastModified ?? (await getListTimestamp(exchange, place));
      ensurePreconditions(preconditions, { exists: before !== undefined, timestamp, object: before });
    }
    // Who sends no data leaves what is there as it is.
    const wanted = body.data ?? before?.value ?? {};
    ensureSameId(wanted, id);
    const value = await checkedBySchemas(exchange, place, { schemas, parent, value: wanted, id });
    const permissions = replacedPermissions(body.permissions, permissionNames(place, this.parts));
    if (before !== undefined) {
      return objectAnswer(200, await writer.update(exchange, place, { before, value, permissions }));
    }
    return objectAnswer(201, await writer.create(exchange, place, { id, value, permissions }));
  }

  private async delete(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    await ensureParentExists(exchange, place, this.parts);
    ensureAcceptable(exchange.request);
    const found = await exchange.view.findObject(place.list, id);
    await this.parts.authorization.ensureMayWrite(exchange, place, id, found !== undefined);
    const problems = [...exchange.originProblems];
    const suggested = readSuggestedTimestamp(exchange.request.queryString, problems);
    const preconditions = getPreconditions(exchange, problems);
    ensureValidId(this.definition, id);
    const before = getObject(found, place, id);
    ensurePreconditions(preconditions, { exists: true, timestamp: before.lastModified, object: before });
    return tombstoneAnswer(await this.parts.writer.delete(exchange, place, before, suggested));
  }
}

function readSuggestedTimestamp(queryString: string, problems: ErrorDetail[]): number | undefined {
  const text = parseQueryString(queryString).find(([name]) => name === 'last_modified')?.[1];
  if (text === undefined || text === '') return undefined;
  const digits = /^("?)(\d{1,16})\1$/.exec(text)?.[2];
  const timestamp = Number(digits);
  if (digits !== undefined && timestamp <= LATEST_TIMESTAMP) return timestamp;
  problems.push({ location: 'querystring', name: 'last_modified', description: `"${text}" is not a number` });
  return undefined;
}
