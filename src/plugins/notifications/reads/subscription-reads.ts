import type { ObjectList, Selection, StorageView, UnitOfWork } from '../../../storage/storage.js';
import type { JsonObject } from '../../../wire/json.js';
import type { SubscriptionRef } from '../stored-subscription.js';
import { KINDS, type KindName } from '../subscription-kinds.js';
import { READ_WINDOW, type ReadNote } from './read-note.js';

/** What is kept of one subscription: the reads that it is to be told of, and when those lay that it has been told of. */
interface Kept {
  readonly waiting: readonly ReadNote[];
  /** By URI, in ms; those that are over are left out whenever it is written. */
  readonly told: Readonly<Record<string, number>>;
}

const NOTHING: Kept = { waiting: [], told: {} };

/** Those of all users that have something to be told; more than any server has. */
const WAITING: Selection = {
  filters: [{ path: ['waits'], parameter: 'waits', operator: 'eq', value: true }],
  sort: [{ field: 'id', path: ['id'], direction: 'ascending' }],
  limit: 10_000_000,
  includeDeleted: false,
};

/**
 * The reads that subscriptions are to be told of, in the database: the server where something is read is seldom the one
 * that tells. They are no changes, so they are in no log.
 */
export const subscriptionReads = {
  /**
   * Notes those that are neither waiting nor have been told within the last minute.
   *
   * @param most how many may wait; more are left out, until some have been told
   */
  async add(unit: UnitOfWork, of: SubscriptionRef, reads: readonly ReadNote[], most: number): Promise<void> {
    const { waiting, told } = await find(unit, of);
    const isKnown = ({ uri, at }: ReadNote) =>
      waiting.some((each) => each.uri === uri) || (told[uri] !== undefined && at - told[uri] < READ_WINDOW);
    const fresh = reads.filter((read) => !isKnown(read)).slice(0, Math.max(0, most - waiting.length));
    if (fresh.length > 0) await write(unit, of, { waiting: [...waiting, ...fresh], told });
  },

  /** What waits, in the order in which it was read. */
  async waiting(view: StorageView, of: SubscriptionRef): Promise<readonly ReadNote[]> {
    return (await find(view, of)).waiting;
  },

  /** Whoever has something waiting. */
  async withWaiting(view: StorageView): Promise<SubscriptionRef[]> {
    const found: SubscriptionRef[] = [];
    for (const { name: kind } of KINDS) {
      const list = { parentId: '*', resourceName: resourceOf(kind) };
      const rows = await view.listObjects(list, WAITING, { everyUser: true });
      found.push(...rows.map(({ id, value }) => ({ kind, owner: value.owner as string, id })));
    }
    return found;
  },

  /** They have been told, or are not to be told any more. */
  async pass(unit: UnitOfWork, of: SubscriptionRef, reads: readonly ReadNote[]): Promise<void> {
    const { waiting, told } = await find(unit, of);
    const passed = new Map(reads.map(({ uri, at }) => [uri, at]));
    const rest = waiting.filter(({ uri }) => !passed.has(uri));
    if (rest.length === waiting.length) return;
    await write(unit, of, { waiting: rest, told: { ...told, ...Object.fromEntries(passed) } });
  },

  async remove(unit: UnitOfWork, of: SubscriptionRef): Promise<void> {
    const before = await unit.findObject(listOf(of), of.id);
    if (before !== undefined) await unit.deleteObject(listOf(of), before);
  },
};

async function find(view: StorageView, of: SubscriptionRef): Promise<Kept> {
  const found = await view.findObject(listOf(of), of.id);
  return found === undefined ? NOTHING : (found.value.kept as unknown as Kept);
}

async function write(unit: UnitOfWork, of: SubscriptionRef, { waiting, told }: Kept): Promise<void> {
  const over = Date.now() - READ_WINDOW;
  const recent = Object.fromEntries(Object.entries(told).filter(([, at]) => at > over));
  const kept = { waiting: [...waiting].sort((a, b) => a.at - b.at), told: recent } as unknown as JsonObject;
  const value = { owner: of.owner, waits: waiting.length > 0, kept };
  const before = await unit.findObject(listOf(of), of.id);
  if (before === undefined) await unit.createObject(listOf(of), of.id, value);
  else await unit.updateObject(listOf(of), before, value);
}

function listOf({ kind, owner }: SubscriptionRef): ObjectList {
  return { parentId: owner, resourceName: resourceOf(kind) };
}

function resourceOf(kind: KindName): string {
  return `${kind}-reads`;
}
