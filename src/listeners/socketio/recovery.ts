import type { LiveAccess } from '../../resources/live/live-access.js';
import { LiveChange, type LiveFrame } from '../../resources/live/live-change.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import { formatPlace } from '../../resources/live/list-place.js';
import { PAGE_SIZE, readPage } from '../../resources/live/live-page.js';
import type { LiveStart } from '../../resources/live/live-start.js';
import { Sight } from '../../resources/live/sight.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import type { ChangeAction } from '../../wire/change-action.js';
import type { JsonObject } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import { listFacts } from './hint-box.js';

const MOST_IDS = 100;

/** What somebody has missed in one list, and how far they know it then. */
export interface Missed {
  /** For the message; `undefined`: nothing. */
  readonly change: JsonObject | undefined;
  readonly position: Position;
  readonly text: string;
}

interface Reading {
  readonly storage: Storage;
  readonly access: LiveAccess;
}

/**
 * What somebody has missed since a position, by the rights they have now: from the log, else from the objects as they
 * are now (`coalesced`). What neither can say is said: `reset` has the reason, and the list is to be read again.
 *
 * @param previous the position as its owner has given it
 * @throws ApiError when they may not read the list any more
 */
export async function findMissed(
  { start, reached, resumed }: OpenedList,
  previous: string,
  reading: Reading,
): Promise<Missed> {
  const facts = listFacts(start.place);
  const tally = new Tally();
  const known = { position: start.position, text: reached };
  if (resumed === 'reset') {
    const reason = reasonIn(start.frames) ?? 'new_history';
    return { change: { ...facts, reset: reason, position: reached }, ...known };
  }
  if (resumed === 'difference') {
    for (const { event, data } of start.frames) if (event !== 'checkpoint') tally.addState(event, data);
  }
  const { position, isPartial } = await readOn(start, tally, reading);
  const text = formatPlace({ position, isPartial });
  const coalesced = resumed === 'difference' ? { coalesced: true } : {};
  const change = { ...facts, position: text, previous, ...tally.shown(), ...coalesced };
  return { change: tally.isEmpty ? undefined : change, position, text };
}

async function readOn(
  start: LiveStart,
  tally: Tally,
  { storage, access }: Reading,
): Promise<{ position: Position; isPartial: boolean }> {
  const sight = new Sight(start.rights);
  let { position } = start;
  for (let isMore = true; isMore;) {
    const from = position;
    const page = await storage.read((view) => readPage(view, access, start, from));
    if (typeof page.rights === 'string') throw new ApiError(page.rights === 'gone' ? 'MISSING_RESOURCE' : 'FORBIDDEN');
    sight.change(page.rights);
    for (const logged of page.changes) {
      ({ position } = logged);
      const match = sight.match(new LiveChange(logged, start.place.listUri), start.query);
      if (match !== undefined) tally.add(logged.action, logged.objectId, logged.timestamp);
    }
    isMore = page.changes.length === PAGE_SIZE;
  }
  return { position, isPartial: sight.isPartial };
}

/** Counts what was missed, and keeps the first ids of it. */
class Tally {
  private readonly counts = { create: 0, update: 0, delete: 0 };
  private readonly ids = new Set<string>();
  private more = false;
  private timestamp = 0;

  get isEmpty(): boolean {
    return this.ids.size === 0;
  }

  add(action: ChangeAction, id: string, timestamp: number): void {
    this.counts[action] += 1;
    this.timestamp = Math.max(this.timestamp, timestamp);
    if (this.ids.has(id) || this.ids.size < MOST_IDS) this.ids.add(id);
    else this.more = true;
  }

  /** @param data the frame's, with an object as it is now */
  addState(event: string, data: string): void {
    const { timestamp = 0, data: object } = JSON.parse(data) as { timestamp?: number; data: { id: string } };
    this.add(event === 'delete' ? 'delete' : 'update', object.id, timestamp);
  }

  shown(): JsonObject {
    return { timestamp: this.timestamp, counts: this.counts, ids: [...this.ids], more: this.more };
  }
}

function reasonIn(frames: readonly LiveFrame[]): string | undefined {
  const reset = frames.find(({ event }) => event === 'reset');
  return reset === undefined ? undefined : (JSON.parse(reset.data) as { reason: string }).reason;
}
