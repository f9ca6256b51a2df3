import type { ObjectList, StorageView, UnitOfWork } from '../../storage/storage.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';
import type { KindName, SubscriptionKind } from './subscription-kinds.js';

/** One subscription among those of all users. */
export interface SubscriptionRef {
  readonly kind: KindName;
  readonly owner: string;
  readonly id: string;
}

/** What became of one message: of changes, with the position of the last, or of reads, which have none. */
export interface DeliveryNote extends JsonObject {
  delivery: string;
  at: number;
  /** `delivered`, `failed`, `refused`. */
  result: string;
  uri: string;
  resource: string;
}

/** How a subscription fares; kept beside it, so that the subscription's own version is its owner's. */
export interface SubscriptionState {
  /** Of the subscription that this is said of: of a later one, it says what was. */
  readonly version: number;
  readonly state: 'active' | 'failing' | 'disabled';
  readonly failures: number;
  readonly failingSince?: number | undefined;
  readonly lastSuccess?: number | undefined;
  /** When changes have arrived last, and not only reads. */
  readonly lastTold?: number | undefined;
  readonly lastError?: { readonly code: string; readonly at: number } | undefined;
  readonly deliveries: readonly DeliveryNote[];
}

/** Whether changes have arrived since then. */
export function hasTold({ lastTold = 0 }: SubscriptionState, since: number): boolean {
  return lastTold >= since;
}

const NEW: Omit<SubscriptionState, 'version'> = { state: 'active', failures: 0, deliveries: [] };

/** What the server says of a subscription, and nobody else can. */
const READ_ONLY = ['state', 'failures', 'last_success', 'last_error', 'expires_at'];

/**
 * What is stored and never shown: whose it is, where a replay begins, which replay it has begun with last, whether
 * something was missed.
 */
const HIDDEN = ['owner', 'replay', 'begun', 'resumed'];

export function subscriptionList(owner: string, kind: KindName): ObjectList {
  return { parentId: owner, resourceName: kind };
}

function stateList(owner: string, kind: KindName): ObjectList {
  return { parentId: owner, resourceName: `${kind}-state` };
}

/** The states of subscriptions in the database. Their changes are in no log. */
export const subscriptionStates = {
  async find(view: StorageView, owner: string, kind: KindName, subscription: StoredObject): Promise<SubscriptionState> {
    const found = await view.findObject(stateList(owner, kind), subscription.id);
    const version = subscription.lastModified;
    if (found === undefined) return { ...NEW, version };
    const kept = found.value.kept as unknown as SubscriptionState;
    if (kept.version === version) return kept;
    // Whoever writes a subscription again wants it tried again.
    const { lastSuccess, lastTold, lastError, deliveries } = kept;
    return { ...NEW, version, lastSuccess, lastTold, lastError, deliveries };
  },

  async write(unit: UnitOfWork, { kind, owner, id }: SubscriptionRef, state: SubscriptionState): Promise<void> {
    const list = stateList(owner, kind);
    const before = await unit.findObject(list, id);
    // As JSON has it: what is undefined is not there.
    const value = { kept: JSON.parse(JSON.stringify(state)) as JsonValue };
    if (before === undefined) await unit.createObject(list, id, value);
    else await unit.updateObject(list, before, value);
  },

  async remove(unit: UnitOfWork, { kind, owner, id }: SubscriptionRef): Promise<void> {
    const list = stateList(owner, kind);
    const before = await unit.findObject(list, id);
    if (before !== undefined) await unit.deleteObject(list, before);
  },
};

/** As its owner sees it. @param expiresAt absent where it never expires */
export function shown(
  kind: SubscriptionKind,
  stored: StoredObject,
  state: SubscriptionState,
  expiresAt?: number,
): StoredObject {
  if (stored.deleted) return stored;
  const value = withoutSecret(kind, stored.value);
  for (const name of HIDDEN) delete value[name];
  value.state = state.state;
  value.failures = state.failures;
  if (state.lastSuccess !== undefined) value.last_success = state.lastSuccess;
  if (state.lastError !== undefined) value.last_error = { ...state.lastError };
  if (expiresAt !== undefined) value.expires_at = expiresAt;
  return StoredObject.of(stored.id, stored.lastModified, value);
}

/** What somebody sent, as it is stored: the secret that they left out is the one there was. */
export function kept(kind: SubscriptionKind, sent: JsonObject, before: StoredObject | undefined): JsonObject {
  const value = structuredClone(sent);
  for (const name of [...READ_ONLY, ...HIDDEN]) delete value[name];
  if (secretOf(kind, value) !== undefined || before === undefined) return value;
  const secret = secretOf(kind, before.value);
  return secret === undefined ? value : withSecret(kind, value, secret);
}

export function secretOf({ secretPath }: SubscriptionKind, value: Readonly<JsonObject>): JsonValue | undefined {
  return secretPath.reduce<JsonValue | undefined>((held, name) => (isJsonObject(held) ? held[name] : undefined), value);
}

export function withSecret({ secretPath }: SubscriptionKind, value: JsonObject, secret: JsonValue): JsonObject {
  const whole = structuredClone(value);
  const holder = secretPath
    .slice(0, -1)
    .reduce<JsonValue | undefined>((held, name) => (isJsonObject(held) ? held[name] : undefined), whole);
  if (isJsonObject(holder)) holder[secretPath.at(-1)!] = secret;
  return whole;
}

function withoutSecret({ secretPath }: SubscriptionKind, value: Readonly<JsonObject>): JsonObject {
  const open = structuredClone(value) as JsonObject;
  const holder = secretPath
    .slice(0, -1)
    .reduce<JsonValue | undefined>((held, name) => (isJsonObject(held) ? held[name] : undefined), open);
  if (isJsonObject(holder)) delete holder[secretPath.at(-1)!];
  return open;
}
