import type { Caller } from '../../auth/authenticator.js';
import type { Access } from '../../permissions/access.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import type { StorageView } from '../../storage/storage.js';
import { escapeNonAscii } from '../../wire/json.js';
import { formatPosition } from '../../wire/position.js';
import type { FeedQuery } from './feed-query.js';
import { FeedSight, type Seen } from './feed-sight.js';
import type { FeedChange, FeedSource } from './feed-source.js';

/** How many changes are read from the log at once. */
const BATCH = 500;

/** How many are looked at for one page: who may see few of them gets an empty page, and a place further on. */
const MAX_SCANNED = 5000;

/** What one answer, or one turn of a stream, has of the log. */
export interface FeedPage {
  readonly frames: readonly LiveFrame[];
  /** How far the log was looked through. */
  readonly position: string;
  /** Whether there may be more right behind it. */
  readonly more: boolean;
}

export interface FeedReading {
  readonly source: FeedSource;
  /** Which of the log this feed has at all, by the URI of the object. */
  readonly covers: (uri: string) => boolean;
  readonly query: FeedQuery;
  readonly access: Access;
  readonly definitions: ResourceDefinitions;
  /** How large, in bytes, one change may be told. */
  readonly maxFrameBytes: number;
}

/** How far somebody has come. */
export interface FeedPlace {
  /** Up to here the log was looked through for them. */
  readonly position: string;
  /** The last position that they were told. */
  readonly told: string;
}

/** What the caller may see of the changes after the place, by the permissions of this snapshot. */
export async function readFeedPage(
  view: StorageView,
  caller: Caller,
  { source, covers, query, access, definitions, maxFrameBytes }: FeedReading,
  after: FeedPlace,
): Promise<FeedPage> {
  const sight = new FeedSight(view, caller, access, definitions);
  const frames: LiveFrame[] = [];
  let { position, told: previous } = after;
  for (let scanned = 0; scanned < MAX_SCANNED;) {
    const batch = await source.readAfter(view, position, BATCH);
    for (const { position: place, change } of batch) {
      if (frames.length === query.limit) return { frames, position, more: true };
      position = place;
      const uri = sight.uriOf(change);
      if (uri === undefined || !covers(uri) || !query.selects(change, uri)) continue;
      const seen = await sight.look(change, uri);
      if (seen === undefined) continue;
      const reached = { position: place, previous };
      frames.push(frameOf(change, seen, { ...reached, tellsOld: query.tellsOld, maxFrameBytes }));
      previous = place;
    }
    scanned += batch.length;
    if (batch.length < BATCH) return { frames, position, more: false };
  }
  return { frames, position, more: true };
}

interface Telling {
  readonly position: string;
  readonly previous: string;
  readonly tellsOld: boolean;
  readonly maxFrameBytes: number;
}

function frameOf(change: FeedChange, seen: Seen, telling: Telling): LiveFrame {
  const { position, previous, maxFrameBytes } = telling;
  const { action, objectId, timestamp, requestId, last, userId, newText, oldText, list } = change;
  const head = JSON.stringify({
    ...{ position, previous, list_position: formatPosition(change.position), uri: seen.uri },
    resource: list.resourceName,
    ...(seen.as === 'left' ? { match: 'leave' } : { action, timestamp, request_id: requestId, last }),
    ...(seen.tellsUser ? { user_id: userId } : {}),
  }).slice(0, -1);
  const event = seen.as === 'left' ? 'leave' : action;
  const told = (rest: string) => ({ event, id: position, data: escapeNonAscii(`${head},${rest}}`) });
  if (seen.as === 'left') return told(`"data":${JSON.stringify({ id: objectId })}`);
  const old = telling.tellsOld && seen.tellsOld && oldText !== null ? `,"old":${oldText}` : '';
  const whole = told(`"data":${newText}${old}`);
  if (whole.data.length <= maxFrameBytes) return whole;
  return told(`"too_large":true,"data":${JSON.stringify({ id: objectId, last_modified: timestamp })}`);
}
