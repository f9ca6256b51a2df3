import type { ApiRequest } from '../../resources/api-message.js';
import { parseJson } from '../../resources/write-body.js';
import { isJsonObject, stringifyJson, type JsonObject, type JsonValue } from '../../wire/json.js';
import { isPassword } from './passwords.js';

const PASSWORD_PATH = '/data/password';
const SETTING_OPERATIONS = ['add', 'replace'];

/** A request with a hash where there was a password. */
export interface HashedRequest {
  readonly request: ApiRequest;
  /** What stands for a password in it; `undefined`: nothing does. */
  readonly hash: string | undefined;
}

/**
 * Puts a hash in the place of the password, in each form of body. What cannot be read or be a password is left for
 * whoever checks the request; of a JSON Patch that sets it several times, the last counts.
 */
export async function hashPassword(
  request: ApiRequest,
  hash: (password: string) => Promise<string>,
): Promise<HashedRequest> {
  const parsed = request.body === undefined ? undefined : parseJson(request.body);
  if (parsed === undefined || 'problem' in parsed) return { request, hash: undefined };
  const body = Array.isArray(parsed.value) ? parsed.value.map(asAddition) : parsed.value;
  const holder = Array.isArray(body) ? body.map(holderInOperation).findLast(holdsPassword) : holderInBody(body);
  const held = holder?.object[holder.key];
  let hashed: string | undefined;
  if (holder !== undefined && isPassword(held)) {
    hashed = await hash(held);
    holder.object[holder.key] = hashed;
  } else if (holder !== undefined && held === null) {
    // A merge patch would remove it, and nobody would notice that it is still there. An empty one is refused.
    holder.object[holder.key] = '';
  }
  return { request: { ...request, body: Buffer.from(stringifyJson(body)) }, hash: hashed };
}

/** Where a password may stand. */
interface Holder {
  readonly object: JsonObject;
  readonly key: string;
}

function holdsPassword(holder: Holder | undefined): boolean {
  return holder !== undefined && isPassword(holder.object[holder.key]);
}

function holderInBody(body: JsonValue): Holder | undefined {
  return isJsonObject(body) && isJsonObject(body.data) ? { object: body.data, key: 'password' } : undefined;
}

function holderInOperation(operation: JsonValue): Holder | undefined {
  if (!isJsonObject(operation) || !SETTING_OPERATIONS.includes(operation.op as string)) return undefined;
  if (operation.path === PASSWORD_PATH) return { object: operation, key: 'value' };
  if (operation.path !== '/data' || !isJsonObject(operation.value)) return undefined;
  return { object: operation.value, key: 'password' };
}

/** The patch meets an account without its password, which cannot be replaced there. */
function asAddition(operation: JsonValue): JsonValue {
  const replaces = isJsonObject(operation) && operation.op === 'replace' && operation.path === PASSWORD_PATH;
  return replaces ? { ...operation, op: 'add' } : operation;
}
