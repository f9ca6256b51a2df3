import type { ObjectList, Selection, StorageView, UnitOfWork } from '../../../storage/storage.js';
import type { JsonObject } from '../../../wire/json.js';
import type { StoredObject } from '../../../wire/stored-object.js';
import { subscriptionList, type SubscriptionRef } from '../stored-subscription.js';
import { KINDS, type KindName } from '../subscription-kinds.js';
import { isWithinWindow, READ_WINDOW, type ReadNote } from './read-note.js';

/** What is kept of one subscription: which objects were read, and when, by their URIs. */
interface Kept {
  /** What it is to be told of. */
  readonly waiting: Readonly<Record<string, number>>;
  /** What is done with; those that are over are left out whenever it is written. */
  readonly done: Readonly<Record<string, number>>;
}

const NOTHING: Kept = { waiting: {}, done: {} };

/** How soon it is looked again whether a read still waits, in ms. */
const LOOK_AGAIN = 10_000;

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
   * Notes those that do not count as one that waits, or that was done with within the last minute.
   *
   * @param most how many there may be a minute; further ones are left out
   * @returns until when further reads of each object count as one that is known, in ms since the epoch; of those left
   *   out, nothing
   */
  async add(
    unit: UnitOfWork,
    of: SubscriptionRef,
    reads: readonly ReadNote[],
    most: number,
  ): Promise<ReadonlyMap<string, number>> {
    const covered = new Map<string, number>();
    // Another one may get its id.
    if (!(await unit.hasObject(subscriptionList(of.owner, of.kind), of.id))) return covered;
    const row = await find(unit, of);
    const kept = recent(row);
    const waiting = new Map(Object.entries(kept.waiting));
    const known = waiting.size;
    let room = most - known - Object.keys(kept.done).length;
    for (const { uri, at } of reads) {
      const doneAt = kept.done[uri];
      if (waiting.has(uri)) covered.set(uri, at + LOOK_AGAIN);
      else if (doneAt !== undefined && isWithinWindow(at, doneAt)) covered.set(uri, doneAt + READ_WINDOW);
      else if (room > 0) {
        room -= 1;
        waiting.set(uri, at);
        covered.set(uri, at + READ_WINDOW);
      }
    }
    if (waiting.size > known) await write(unit, of, row.before, { ...kept, waiting: Object.fromEntries(waiting) });
    return covered;
  },

  /** What waits, in the order in which it was read. */
  async waiting(view: StorageView, of: SubscriptionRef): Promise<ReadNote[]> {
    const { waiting } = await find(view, of);
    const reads = Object.entries(waiting).map(([uri, at]) => ({ uri, at }));
    return reads.sort((a, b) => a.at - b.at);
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
    const row = await find(unit, of);
    const { waiting, done } = recent(row);
    const passed = new Map(reads.filter(({ uri, at }) => waiting[uri] === at).map(({ uri, at }) => [uri, at]));
    if (passed.size === 0) return;
    const rest = Object.entries(waiting).filter(([uri]) => !passed.has(uri));
    const kept = { waiting: Object.fromEntries(rest), done: { ...done, ...Object.fromEntries(passed) } };
    await write(unit, of, row.before, kept);
  },

  async remove(unit: UnitOfWork, of: SubscriptionRef): Promise<void> {
    const before = await unit.findObject(listOf(of), of.id);
    if (before !== undefined) await unit.deleteObject(listOf(of), before);
  },
};

interface Row extends Kept {
  readonly before: StoredObject | undefined;
}

async function find(view: StorageView, of: SubscriptionRef): Promise<Row> {
  const before = await view.findObject(listOf(of), of.id);
  return { ...(before === undefined ? NOTHING : (before.value.kept as unknown as Kept)), before };
}

function recent({ waiting, done }: Kept): Kept {
  const now = Date.now();
  return { waiting, done: Object.fromEntries(Object.entries(done).filter(([, at]) => isWithinWindow(now, at))) };
}

async function write(
  unit: UnitOfWork,
  of: SubscriptionRef,
  before: StoredObject | undefined,
  kept: Kept,
): Promise<void> {
  const waits = Object.keys(kept.waiting).length > 0;
  const value = { owner: of.owner, waits, kept: kept as unknown as JsonObject };
  if (before === undefined) await unit.createObject(listOf(of), of.id, value);
  else await unit.updateObject(listOf(of), before, value);
}

function listOf({ kind, owner }: SubscriptionRef): ObjectList {
  return { parentId: owner, resourceName: resourceOf(kind) };
}

function resourceOf(kind: KindName): string {
  return `${kind}-reads`;
}
