import { parseJsonText, type JsonObject } from '../../wire/json.js';
import type { StorageView } from '../../storage/storage.js';
import { accountFrame, grantFrame, objectFrame, type Match, type StreamFrame } from './stream-frames.js';
import type { SeenChange, StreamChange, StreamLog } from './stream-log.js';
import type { StreamSight } from './stream-sight.js';
import type { StreamWish } from './stream-wish.js';

/** How many changes are read from the log at once. */
const BATCH = 200;

/** The most frames of one turn, so that no reader is far ahead of what its client takes. */
const MOST_FRAMES = 200;

/** How many changes are looked at in one turn: the snapshot is not to be kept for long. */
const MOST_SCANNED = 2000;

/** Of these a change may be one of what somebody may read. */
const ABOVE = ['bucket', 'collection', 'group'];

/** What one turn has of the log. */
export interface StreamPage {
  readonly frames: readonly StreamFrame[];
  /** How far the log was looked through. */
  readonly position: string;
  /** Whether there may be more right behind it. */
  readonly more: boolean;
  /** Whether it may be another by now what the owner may read. */
  readonly touchesRights: boolean;
}

export interface PageReading {
  readonly log: StreamLog;
  readonly sight: StreamSight;
  readonly wish: StreamWish;
  readonly owner: string;
  readonly maxFrameBytes: number;
}

/** How far a stream has come. */
export interface StreamPlace {
  /** Up to here the log was looked through. */
  readonly position: string;
  /** The last position that the client was told. */
  readonly told: string;
}

/** What of the log after the place is to be told, by the permissions of this snapshot. */
export async function readStreamPage(view: StorageView, reading: PageReading, after: StreamPlace): Promise<StreamPage> {
  const frames: StreamFrame[] = [];
  let { position, told } = after;
  let touchesRights = false;
  for (let scanned = 0; scanned < MOST_SCANNED;) {
    const batch = await reading.log.readAfter(view, position, BATCH);
    for (const { position: place, change } of batch) {
      if (frames.length >= MOST_FRAMES) return { frames, position, more: true, touchesRights };
      position = place;
      touchesRights ||= ABOVE.includes(change.list.resourceName);
      const own = await framesOf(change, reading, { position: place, previous: told });
      if (own.length === 0) continue;
      frames.push(...own);
      told = place;
    }
    scanned += batch.length;
    if (batch.length < BATCH) return { frames, position, more: false, touchesRights };
  }
  return { frames, position, more: true, touchesRights };
}

/** The last of them has the position: who has got that has all of the change. */
async function framesOf(
  change: StreamChange,
  reading: PageReading,
  { position, previous }: { position: string; previous: string },
): Promise<StreamFrame[]> {
  const { sight, wish, owner } = reading;
  if (!wish.echo && change.userId === owner) return [];
  const type = change.list.resourceName;
  if (type === 'account') {
    const isSeen = wish.types.has(type) && (await sight.seesAccount(change));
    return isSeen ? [accountFrame(change, { position, previous })] : [];
  }
  const uri = sight.uriOf(change);
  if (uri === undefined || !wish.isInScope(uri)) return [];
  const grant = wish.types.has('grant') ? await sight.grantIn(change, uri) : undefined;
  const object = wish.types.has(type) ? await frameOf(change, uri, reading, { position, previous }) : undefined;
  const isAlone = object === undefined;
  return [
    ...(grant === undefined
      ? []
      : [grantFrame(change, uri, grant, { position: isAlone ? position : undefined, previous })]),
    ...(isAlone ? [] : [object]),
  ];
}

async function frameOf(
  change: StreamChange,
  uri: string,
  { sight, wish, maxFrameBytes }: PageReading,
  place: { position: string; previous: string },
): Promise<StreamFrame | undefined> {
  const seen = await sight.look(change, uri);
  if (seen === undefined) return undefined;
  const match = matchOf(change, seen, wish);
  if (match === undefined) return undefined;
  return objectFrame(change, seen, {
    ...place,
    match,
    tellsOld: wish.tellsOld && seen.tellsOld,
    parent: wish.tellsParent ? await sight.parentOf(change) : undefined,
    readers: wish.tellsReaders ? await sight.readersOf(change, seen) : undefined,
    maxFrameBytes,
  });
}

/** By the old and the new state, each as far as it was theirs to see (seed-systems.md, 7.3). */
function matchOf(change: StreamChange, seen: SeenChange, wish: StreamWish): Match | undefined {
  const { action, oldText, newText } = change;
  const matches = wish.matches(change.list.resourceName) ?? (() => true);
  const fits = (text: string) => matches(parseJsonText(text) as JsonObject);
  const couldSee = seen.tellsOld || seen.as === 'left';
  const was = action !== 'create' && couldSee && (oldText === null || fits(oldText));
  if (seen.as === 'left' || action === 'delete') return was ? 'leave' : undefined;
  const is = fits(newText);
  if (is) return was ? 'stay' : 'enter';
  return was ? 'leave' : undefined;
}
