import { accessEntries, type AccessControlList } from '../../permissions/access-entries.js';
import type { ErrorDetail } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { JSON_TYPE, type ApiResponse } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import { applyJsonPatch, JSON_PATCH_TYPE, readJsonPatch } from '../json-patch.js';
import { mergePatch, MERGE_PATCH_TYPE } from '../merge-patch.js';
import { ensureAcceptable, ensureSupportedType } from '../negotiation.js';
import { changedPermissions, permissionView } from '../permission-change.js';
import type { PatchOperation } from '../patched-document.js';
import { ensurePreconditions, getPreconditions } from '../preconditions.js';
import { objectUri, type ResourcePlace } from '../resource-place.js';
import { partOf, readResponseBehavior } from '../response-behavior.js';
import { bodyProblem, parseBody, readWriteBody, type BodyText, type WriteBody } from '../write-body.js';
import { objectAnswer, partialAnswer } from './object-answer.js';
import {
  checkedBySchemas,
  checkValue,
  ensureNoProblems,
  ensureParentExists,
  ensureSameId,
  ensureValidId,
  getObject,
  permissionNames,
  type ResourceParts,
} from './resource-parts.js';

export const PATCH_TYPES = [JSON_TYPE, MERGE_PATCH_TYPE, JSON_PATCH_TYPE];

/** What a patch makes of an object. */
interface Patched {
  /** Its `last_modified` is the client's suggestion, or as it was. */
  readonly value: JsonObject;
  /** The attributes that it names, as it would have them. */
  readonly sent: JsonObject;
  /** Sets these and no others. */
  readonly permissions: AccessControlList;
}

type Patch = (exchange: Exchange, place: ResourcePlace, before: StoredObject) => Promise<Patched>;

/** `PATCH` of one object, in three media types (kinto-api.md, 3.4). */
export async function patchObject(
  exchange: Exchange,
  place: ResourcePlace,
  id: string,
  parts: ResourceParts,
): Promise<ApiResponse> {
  const { request } = exchange;
  const parent = await ensureParentExists(exchange, place, parts);
  ensureAcceptable(request);
  const mediaType = ensureSupportedType(request, PATCH_TYPES);
  const found = await exchange.view.findObject(place.list, id);
  await parts.authorization.ensureMayWrite(exchange, place, id, found !== undefined);
  const problems = [...exchange.originProblems];
  const patch = mediaType === JSON_PATCH_TYPE ? readOperations : readMembers;
  const apply = patch(parseBody(request.body), { mediaType, problems, parts, names: permissionNames(place, parts) });
  const behavior = readResponseBehavior(request, problems);
  const preconditions = getPreconditions(exchange, problems);
  ensureValidId(place.definition, id);
  const before = getObject(found, place, id);
  ensurePreconditions(preconditions, { exists: true, timestamp: before.lastModified, object: before });

  const patched = await apply(exchange, place, before);
  const whole = patched.value.id === undefined ? { ...patched.value, id } : patched.value;
  const checked = checkValue(place.definition, whole, { supplied: true, prefix: '' });
  // As in Kinto, the first is told alone, and before another id.
  ensureNoProblems(checked.problems.slice(0, 1));
  ensureSameId(checked.value, id);
  const value = await checkedBySchemas(exchange, place, { schemas: parts.schemas, parent, value: checked.value, id });
  const shown = await parts.writer.update(exchange, place, { before, value, permissions: patched.permissions });
  if (behavior === 'full') return objectAnswer(200, shown);
  const { object } = shown;
  return partialAnswer(object, partOf(behavior, { sent: patched.sent, before: before.value, after: object.value }));
}

interface PatchReading {
  readonly mediaType: string;
  readonly problems: ErrorDetail[];
  readonly parts: ResourceParts;
  readonly names: readonly string[];
}

/** A body `{"data": {...}, "permissions": {...}}`: attributes replaced one by one, or merged. */
function readMembers(text: BodyText, { mediaType, problems, names }: PatchReading): Patch {
  const parsed = readWriteBody(text, { permissionNames: names }, problems);
  return async (_exchange, _place, before) => {
    // Only now: as in Kinto, 404 and 412 come before it.
    if (parsed.data === undefined && parsed.permissions === undefined) {
      ensureNoProblems([bodyProblem('data', 'Provide at least one of data or permissions')]);
    }
    const value: JsonObject = { ...before.value };
    delete value.last_modified;
    const sent = parsed.data ?? {};
    const merged = mediaType === MERGE_PATCH_TYPE ? mergePatch(value, sent) : { ...value, ...sent };
    return { value: merged, sent, permissions: namedPermissions(parsed, mediaType) };
  };
}

/** What is `null` is left as it is, and emptied by a merge patch. */
function namedPermissions({ permissions = {} }: WriteBody, mediaType: string): AccessControlList {
  return Object.fromEntries(
    Object.entries(permissions).flatMap(([name, principals]) => {
      if (principals !== null) return [[name, principals]];
      return mediaType === MERGE_PATCH_TYPE ? [[name, []]] : [];
    }),
  );
}

/** A list of operations over `{"data": {...}, "permissions": {"read": {"principal": "principal"}}}`. */
function readOperations(text: BodyText, { problems, parts, names }: PatchReading): Patch {
  const operations = readJsonPatch(text, problems);
  return async (exchange, place, before) => {
    const list = await accessEntries.listOf(exchange.view.sql, objectUri(place, before.id));
    const target = { data: { ...before.value }, permissions: permissionView(list, names) };
    return applyOperations(operations, target, { list, names, maxCharacters: parts.settings.maxBodyBytes });
  };
}

function applyOperations(
  operations: readonly PatchOperation[],
  target: JsonObject,
  { list, names, maxCharacters }: { list: AccessControlList; names: readonly string[]; maxCharacters: number },
): Patched {
  const result = applyJsonPatch(target, operations, maxCharacters);
  const problems: ErrorDetail[] = [];
  const permissions = changedPermissions(result.permissions, list, names, problems);
  const value = readData(result.data, problems);
  ensureNoProblems(problems);
  return { value, sent: value, permissions };
}

/** Kinto fails (500) when a patch leaves no object there. */
function readData(data: JsonValue | undefined, problems: ErrorDetail[]): JsonObject {
  if (isJsonObject(data)) return data;
  problems.push(bodyProblem('data', 'The patch leaves no object there'));
  return {};
}
