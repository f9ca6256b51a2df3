import { listHistory } from '../../storage/list-history.js';
import type { StorageView } from '../../storage/storage.js';
import { invalidParameters } from '../../wire/api-error.js';
import { encodeJson, escapeNonAscii } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { ResourcePlace } from '../resource-place.js';
import { formatPlace, type ListPlace } from './list-place.js';
import type { LiveRights } from './live-access.js';
import type { LiveFrame } from './live-change.js';
import { readDifference, shown, stateFrame } from './live-difference.js';
import type { LiveQuery } from './live-query.js';

/** How many objects one frame of a snapshot has at most. */
const SNAPSHOT_PART = 100;

/** How far back, and how much at once, somebody may begin. */
export interface BeginningLimits {
  /** Changes. */
  readonly maxReplay: number;
  /** Objects. */
  readonly maxSnapshot: number;
}

export interface Beginning {
  /** Where the changes go on from. */
  readonly position: Position;
  readonly resumed: 'live' | 'replay' | 'snapshot' | 'difference' | 'reset';
  /** How many changes are to be replayed. */
  readonly pending: number;
  /** What is told before them. */
  readonly frames: readonly LiveFrame[];
}

/** Where a live list begins, and what it begins with, all of one snapshot (seed-systems.md, 7.1 and 8.3). */
export async function beginLive(
  view: StorageView,
  place: ResourcePlace,
  asked: { query: LiveQuery; rights: LiveRights },
  limits: BeginningLimits,
): Promise<Beginning> {
  const { query, rights } = asked;
  await view.sql.placeChanges?.();
  const top = await listHistory.top(view.sql, place.list);
  const reached = formatPlace({ position: top, isPartial: rights.onlyIds !== undefined });
  const { beginning } = query;
  switch (beginning.from) {
    case 'now':
      return { position: top, resumed: 'live', pending: 0, frames: [] };
    case 'place': {
      const { position } = beginning.place;
      const reason = await findReasonNotToReplay(view, place, { ...asked, top, from: beginning.place, limits });
      if (reason === undefined) return { position, resumed: 'replay', pending: top.n - position.n, frames: [] };
      const isHistoryKnown = reason === 'too_far' || reason === 'expired';
      const difference = isHistoryKnown
        ? await readDifference(view, place, { query, from: position, top }, limits)
        : undefined;
      if (difference !== undefined) return { position: top, resumed: 'difference', pending: 0, frames: difference };
      const data = encodeJson({ reason, position: reached });
      return { position: top, resumed: 'reset', pending: 0, frames: [{ event: 'reset', id: reached, data }] };
    }
    case 'snapshot': {
      const objects = await readObjects(view, place, asked, limits, {});
      const frames = [...snapshotFrames(objects, query), endFrame('snapshot_end', reached)];
      return { position: top, resumed: 'snapshot', pending: 0, frames };
    }
    case 'timestamp': {
      const since = { filters: [beginning.since], includeDeleted: true };
      const objects = await readObjects(view, place, asked, limits, since);
      const frames = [...objects.map((object) => stateFrame(object, query)), endFrame('checkpoint', reached)];
      return { position: top, resumed: 'difference', pending: 0, frames };
    }
  }
}

async function findReasonNotToReplay(
  view: StorageView,
  { list }: ResourcePlace,
  given: { rights: LiveRights; top: Position; from: ListPlace; limits: BeginningLimits },
): Promise<string | undefined> {
  const { rights, top, from, limits } = given;
  const { position } = from;
  // What was shared with them meanwhile, and what is no more, only a list read anew can tell.
  if (from.isPartial || rights.onlyIds !== undefined) return 'partial_access';
  if (position.epoch !== top.epoch || position.n > top.n) return 'new_history';
  const salt = await listHistory.findSalt(view.sql, list, position);
  // A history that forked: a backup was restored, a tail was lost.
  if (salt !== undefined && salt !== position.salt) return 'new_history';
  if (top.n - position.n > limits.maxReplay) return 'too_far';
  if (top.n === position.n) return undefined;
  const [first] = await listHistory.readAfter(view.sql, list, position, 1);
  return first?.position.n === position.n + 1 ? undefined : 'expired';
}

async function readObjects(
  view: StorageView,
  place: ResourcePlace,
  { query, rights }: { query: LiveQuery; rights: LiveRights },
  { maxSnapshot }: BeginningLimits,
  instead: Partial<Pick<LiveQuery['list'], 'filters' | 'includeDeleted'>>,
): Promise<StoredObject[]> {
  const selection = { ...query.list, ...instead, limit: maxSnapshot };
  const onlyIds = rights.onlyIds === undefined ? undefined : [...rights.onlyIds];
  const isWhole = instead.includeDeleted !== true;
  const objects = await view.listObjects(place.list, selection, { onlyIds, liveOnly: isWhole });
  if (objects.length <= maxSnapshot) return objects.reverse();
  const description = `More than ${maxSnapshot} objects: read the list in pages, then follow it from its Change-Position`;
  throw invalidParameters([{ location: 'querystring', name: isWhole ? '_snapshot' : '_since', description }]);
}

function* snapshotFrames(objects: readonly StoredObject[], query: LiveQuery): Generator<LiveFrame> {
  for (let start = 0; start < objects.length; start += SNAPSHOT_PART) {
    const texts = objects.slice(start, start + SNAPSHOT_PART).map((object) => shown(object, query));
    yield { event: 'snapshot', data: escapeNonAscii(`{"data":[${texts.join(',')}]}`) };
  }
}

function endFrame(event: string, position: string): LiveFrame {
  return { event, id: position, data: encodeJson({ position }) };
}
