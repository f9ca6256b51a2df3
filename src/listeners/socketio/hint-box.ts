import { formatPlace } from '../../resources/live/list-place.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import type { ChangeAction } from '../../wire/change-action.js';
import type { JsonObject } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import type { ToldObject, VisiblePart } from './visibility.js';

/** How many ids a message names of one list. */
const MOST_IDS = 100;

/** How many lists one message tells of. */
const MOST_LISTS = 100;

/** How many lists may wait for one socket; of how many it is remembered what was told last. */
const MOST_WAITING = 1000;

interface Hint {
  readonly place: ResourcePlace;
  readonly counts: Record<ChangeAction, number>;
  readonly ids: Set<string>;
  more: boolean;
  position: Position;
  isPartial: boolean;
  timestamp: number;
  /** `undefined`: of several. */
  requestId: string | undefined;
}

/** One message to a socket: its name, and the lists that it tells of. */
export interface HintMessage {
  readonly event: string;
  readonly changes: readonly JsonObject[];
}

/**
 * What one socket is yet to be told of, list by list. It takes the same room however long the socket does not read:
 * changes of one list become one.
 */
export class HintBox {
  private waiting = new Map<string, Hint>();
  /** What was told last, and is named as `previous` in what comes next. */
  private readonly told = new Map<string, { readonly position: Position; readonly text: string }>();

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** @returns false when there is no room for another list */
  add(place: ResourcePlace, { objects, isPartial }: VisiblePart): boolean {
    const told = this.told.get(place.listUri)?.position;
    for (const object of objects) {
      if (told !== undefined && !isAfter(object.position, told)) continue;
      let hint = this.waiting.get(place.listUri);
      if (hint === undefined) {
        if (this.waiting.size >= MOST_WAITING) return false;
        hint = newHint(place, object);
        this.waiting.set(place.listUri, hint);
      }
      addTo(hint, object, isPartial);
    }
    return true;
  }

  /** Up to there they have been told otherwise. */
  settle(listUri: string, position: Position, text: string): void {
    const [oldest] = this.told.keys();
    this.told.delete(listUri);
    if (this.told.size >= MOST_WAITING && oldest !== undefined) this.told.delete(oldest);
    this.told.set(listUri, { position, text });
    const hint = this.waiting.get(listUri);
    if (hint !== undefined && !isAfter(hint.position, position)) this.waiting.delete(listUri);
  }

  /** What there is to tell now. @param socketOf whose command has made the change of that position */
  take(socketOf: (position: string) => string | undefined): HintMessage[] {
    const byEvent = new Map<string, JsonObject[]>();
    for (const [listUri, hint] of this.waiting) {
      const { position, isPartial, place } = hint;
      const text = formatPlace({ position, isPartial });
      const event = eventOf(place);
      const changes = byEvent.get(event) ?? [];
      byEvent.set(event, changes);
      changes.push(shown(hint, text, this.told.get(listUri)?.text, socketOf));
    }
    for (const [listUri, { position, isPartial }] of [...this.waiting]) {
      this.settle(listUri, position, formatPlace({ position, isPartial }));
    }
    this.waiting = new Map();
    return [...byEvent].flatMap(([event, changes]) => parts(changes).map((part) => ({ event, changes: part })));
  }
}

/** `recordsChanged`, and so on. */
export function eventOf({ definition }: ResourcePlace): string {
  return `${definition.plural}Changed`;
}

/** What every message says of a list. */
export function listFacts({ list, listUri, definition }: ResourcePlace): JsonObject {
  return { uri: list.parentId === '' ? '/' : list.parentId, list: listUri, resource: definition.name };
}

function newHint(place: ResourcePlace, { position, timestamp, requestId }: ToldObject): Hint {
  const counts = { create: 0, update: 0, delete: 0 };
  return { place, counts, ids: new Set(), more: false, position, isPartial: false, timestamp, requestId };
}

function addTo(hint: Hint, object: ToldObject, isPartial: boolean): void {
  hint.counts[object.action] += 1;
  if (hint.ids.has(object.id) || hint.ids.size < MOST_IDS) hint.ids.add(object.id);
  else hint.more = true;
  if (hint.requestId !== object.requestId) hint.requestId = undefined;
  hint.isPartial = isPartial;
  if (!isAfter(object.position, hint.position)) return;
  hint.position = object.position;
  hint.timestamp = object.timestamp;
}

function shown(
  { place, counts, ids, more, timestamp, requestId }: Hint,
  position: string,
  previous: string | undefined,
  socketOf: (position: string) => string | undefined,
): JsonObject {
  const socketId = requestId === undefined ? undefined : socketOf(position);
  const origin = { request_id: requestId ?? null, ...(socketId === undefined ? {} : { socket_id: socketId }) };
  return {
    ...listFacts(place),
    position,
    ...(previous === undefined ? {} : { previous }),
    ...{ timestamp, counts, ids: [...ids], more },
    ...(requestId === undefined ? {} : { origin }),
  };
}

function isAfter(position: Position, other: Position): boolean {
  return position.epoch !== other.epoch || position.n > other.n;
}

function parts(changes: readonly JsonObject[]): JsonObject[][] {
  const found: JsonObject[][] = [];
  for (let start = 0; start < changes.length; start += MOST_LISTS) found.push(changes.slice(start, start + MOST_LISTS));
  return found;
}
