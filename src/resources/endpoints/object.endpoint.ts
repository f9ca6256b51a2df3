import { ApiError, type ErrorDetail } from '../../wire/api-error.js';
import { escapeNonAscii, stringifyJson, type JsonObject } from '../../wire/json.js';
import { projectFields } from '../../wire/query/projection.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { JSON_TYPE, type ApiResponse } from '../api-message.js';
import type { Exchange, StorageEndpoint } from '../exchange.js';
import { mergePatch, MERGE_PATCH_TYPE } from '../merge-patch.js';
import { replacedPermissions } from '../permission-change.js';
import { ensurePreconditions, findNotModified, readPreconditions, versionHeaders } from '../preconditions.js';
import { parseQueryString } from '../query-string.js';
import { ensureAcceptable, ensureSupportedType } from '../negotiation.js';
import type { ResourceDefinition } from '../resource-definition.js';
import type { ResourcePlace } from '../resource-place.js';
import { bodyProblem, parseWriteBody, type WriteBody } from '../write-body.js';
import { NO_CACHE, objectAnswer, tombstoneAnswer } from './object-answer.js';
import {
  checkValue,
  ensureNoProblems,
  ensureParentExists,
  ensureValidId,
  getListTimestamp,
  LATEST_TIMESTAMP,
  patternOf,
  placeIn,
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
    private readonly definition: ResourceDefinition,
    private readonly parts: ResourceParts,
  ) {
    this.name = `${definition.name}-object`;
    this.pattern = `${patternOf(definition, parts)}/{id}`;
  }

  exposedHeaders(method: string): readonly string[] {
    return method === 'GET' || method === 'HEAD' ? READING : [];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const place = placeIn(exchange, this.definition, this.parts);
    const id = exchange.params.id!;
    switch (exchange.request.method) {
      case 'PUT':
        return this.put(exchange, place, id);
      case 'PATCH':
        return this.patch(exchange, place, id);
      case 'DELETE':
        return this.delete(exchange, place, id);
      default:
        return this.get(exchange, place, id);
    }
  }

  private async get(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    ensureAcceptable(exchange.request);
    await this.parts.authorization.ensureMayRead(exchange, place, id);
    await ensureParentExists(exchange, place);
    const problems: ErrorDetail[] = [];
    const preconditions = readPreconditions(exchange.request, problems);
    ensureNoProblems(problems);
    ensureValidId(this.definition, id);
    const object = await this.getObject(exchange, place, id);
    const notModified = findNotModified(preconditions, object.lastModified);
    if (notModified !== undefined) return notModified;
    ensurePreconditions(preconditions, { exists: true, timestamp: object.lastModified, object });
    return this.present(exchange, place, object);
  }

  private async present(exchange: Exchange, place: ResourcePlace, object: StoredObject): Promise<ApiResponse> {
    const fields = parseQueryString(exchange.request.queryString).find(([name]) => name === '_fields')?.[1];
    if (fields === undefined) {
      const answer = objectAnswer(200, await this.parts.writer.show(exchange, place, object));
      return { ...answer, headers: { ...answer.headers, ...NO_CACHE } };
    }
    const data = stringifyJson(projectFields(object.value, fields.split(',')));
    const headers = { ...versionHeaders(object.lastModified), ...NO_CACHE };
    return { status: 200, headers, body: escapeNonAscii(`{"data":${data}}`) };
  }

  private async put(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    await ensureParentExists(exchange, place);
    ensureAcceptable(exchange.request);
    ensureSupportedType(exchange.request, [JSON_TYPE]);
    const before = await exchange.view.findObject(place.list, id);
    const { authorization, writer } = this.parts;
    // A creator without write learns by 412 that it exists; somebody with neither learns nothing (3.3).
    if (before === undefined || exchange.request.headers['if-none-match'] === '*') {
      await authorization.ensureMayCreate(exchange, place);
    } else {
      await authorization.ensureMayWrite(exchange, place, id, true);
    }
    const body = parseWriteBody(exchange.request.body, this.permissionNames());
    const problems = [...body.problems];
    const preconditions = readPreconditions(exchange.request, problems);
    ensureNoProblems(problems);
    ensureValidId(this.definition, id);
    if (before !== undefined || preconditions.ifMatch !== undefined) {
      const timestamp = before?.lastModified ?? (await getListTimestamp(exchange, place));
      ensurePreconditions(preconditions, { exists: before !== undefined, timestamp, object: before });
    }
    const value = this.checked(id, body.data ?? before?.value ?? {}, body.data !== undefined, 'data.');
    const permissions = replacedPermissions(body.permissions, this.permissionNames());
    if (before !== undefined) {
      return objectAnswer(200, await writer.update(exchange, place, { before, value, permissions }));
    }
    return objectAnswer(201, await writer.create(exchange, place, { id, value, permissions }));
  }

  private async patch(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    await ensureParentExists(exchange, place);
    ensureAcceptable(exchange.request);
    const mediaType = ensureSupportedType(exchange.request, [JSON_TYPE, MERGE_PATCH_TYPE]);
    const found = await exchange.view.findObject(place.list, id);
    await this.parts.authorization.ensureMayWrite(exchange, place, id, found !== undefined);
    const body = parseWriteBody(exchange.request.body, this.permissionNames());
    const problems = [...body.problems];
    if (problems.length === 0 && body.data === undefined && body.permissions === undefined) {
      problems.push(bodyProblem('data', 'Provide at least one of data or permissions'));
    }
    const preconditions = readPreconditions(exchange.request, problems);
    ensureNoProblems(problems);
    ensureValidId(this.definition, id);
    const before = await this.getObject(exchange, place, id);
    ensurePreconditions(preconditions, { exists: true, timestamp: before.lastModified, object: before });
    const value = this.checked(id, patched(before, body, mediaType), true, '');
    const permissions = Object.fromEntries(
      Object.entries(body.permissions ?? {}).flatMap(([name, principals]) => {
        if (principals !== null) return [[name, principals]];
        return mediaType === MERGE_PATCH_TYPE ? [[name, []]] : [];
      }),
    );
    return objectAnswer(200, await this.parts.writer.update(exchange, place, { before, value, permissions }));
  }

  private async delete(exchange: Exchange, place: ResourcePlace, id: string): Promise<ApiResponse> {
    await ensureParentExists(exchange, place);
    ensureAcceptable(exchange.request);
    const found = await exchange.view.findObject(place.list, id);
    await this.parts.authorization.ensureMayWrite(exchange, place, id, found !== undefined);
    const problems: ErrorDetail[] = [];
    const preconditions = readPreconditions(exchange.request, problems);
    const suggested = readSuggestedTimestamp(exchange.request.queryString, problems);
    ensureNoProblems(problems);
    ensureValidId(this.definition, id);
    const before = await this.getObject(exchange, place, id);
    ensurePreconditions(preconditions, { exists: true, timestamp: before.lastModified, object: before });
    return tombstoneAnswer(await this.parts.writer.delete(exchange, place, before, suggested));
  }

  /** @throws ApiError OBJECT_NOT_FOUND */
  private async getObject({ view }: Exchange, { list }: ResourcePlace, id: string): Promise<StoredObject> {
    const object = await view.findObject(list, id);
    if (object !== undefined) return object;
    throw new ApiError('OBJECT_NOT_FOUND', { details: { id, resource_name: list.resourceName } });
  }

  /** @throws ApiError 400 for another id in the value, or attributes that the resource does not take */
  private checked(id: string, value: JsonObject, supplied: boolean, prefix: string): JsonObject {
    if (value.id !== undefined && value.id !== id) {
      ensureNoProblems([bodyProblem('id', 'Object id does not match existing object')]);
    }
    const checked = checkValue(this.definition, value, { prefix, supplied });
    ensureNoProblems(checked.problems);
    return checked.value;
  }

  private permissionNames(): readonly string[] {
    return this.parts.rules.assignable(this.definition.name);
  }
}

/** The value after a PATCH. Its `last_modified` is there only if the patch suggested one. */
function patched(before: StoredObject, { data = {} }: WriteBody, mediaType: string): JsonObject {
  const value: JsonObject = { ...before.value };
  delete value.last_modified;
  const result = mediaType === MERGE_PATCH_TYPE ? mergePatch(value, data) : { ...value, ...data };
  return result.id === undefined ? { ...result, id: before.id } : result;
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
