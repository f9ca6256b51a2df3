import { listStates } from '../../storage/list-states.js';
import type { StorageView } from '../../storage/storage.js';
import { encodeJson, escapeNonAscii, stringifyJson } from '../../wire/json.js';
import { formatPosition, type Position } from '../../wire/position.js';
import { projectFields } from '../../wire/query/projection.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { ResourcePlace } from '../resource-place.js';
import type { LiveFrame } from './live-change.js';
import type { LiveQuery } from './live-query.js';

/**
 * What was missed of a list, told by what the objects are now: each that was changed since, once, in the order of its
 * last change (seed-systems.md, 8.3, tier 2). For who may read the whole list: ids of objects that somebody may never
 * have seen are among it.
 *
 * @returns `undefined` when tombstones that belong to it may be gone, or it is more than is given at once
 */
export async function readDifference(
  { sql }: StorageView,
  { list }: ResourcePlace,
  { query, from, top }: { query: LiveQuery; from: Position; top: Position },
  { maxSnapshot }: { readonly maxSnapshot: number },
): Promise<LiveFrame[] | undefined> {
  const purgedTo = await listStates.purgedTo(sql, list, from.epoch);
  if (purgedTo === undefined || from.n < purgedTo) return undefined;
  const states = await listStates.readAfter(sql, list, from, maxSnapshot + 1);
  if (states.length > maxSnapshot) return undefined;
  let previous = formatPosition(from);
  const frames = states.map(({ object, position }) => {
    // Who is cut off here goes on from here: what has changed since comes later in this order.
    const place = formatPosition(position);
    const frame = stateFrame(object, query, { position: place, previous });
    previous = place;
    return frame;
  });
  const end = formatPosition(top);
  if (previous === end) return frames;
  return [...frames, { event: 'checkpoint', id: end, data: encodeJson({ position: end, previous }) }];
}

/** Without an old state nobody knows whether they had it: ids that a client does not know mean nothing to it. */
export function stateFrame(
  object: StoredObject,
  query: LiveQuery,
  place?: { readonly position: string; readonly previous: string },
): LiveFrame {
  const { id, deleted, lastModified } = object;
  const named = place === undefined ? {} : { id: place.position };
  if (!deleted && !query.matches(object.value)) {
    return { event: 'leave', ...named, data: encodeJson({ ...place, match: 'leave', coalesced: true, data: { id } }) };
  }
  const [action, match] = deleted ? ['delete', 'leave'] : ['update', 'enter'];
  const head = JSON.stringify({ ...place, action, match, timestamp: lastModified, coalesced: true });
  return { event: action, ...named, data: escapeNonAscii(`${head.slice(0, -1)},"data":${shown(object, query)}}`) };
}

/** The JSON of the object with the fields that were asked for. */
export function shown(object: StoredObject, { list: { fields } }: LiveQuery): string {
  return fields === undefined ? object.text : stringifyJson(projectFields(object.value, fields));
}
