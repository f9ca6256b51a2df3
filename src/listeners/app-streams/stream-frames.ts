import { escapeNonAscii, isJsonObject, parseJsonText, type JsonObject } from '../../wire/json.js';
import { formatPosition } from '../../wire/position.js';
import type { SeenChange, StreamChange } from './stream-log.js';
import type { Grant } from './stream-sight.js';

/** How an object stands to what the stream sees (seed-systems.md, 1.2). */
export type Match = 'enter' | 'stay' | 'leave';

/** One message to a client. */
export interface StreamFrame {
  /** The position that is reached with it; `undefined`: none, another of the same change follows. */
  readonly position: string | undefined;
  /** JSON in ASCII. */
  readonly text: string;
}

/** Where in the stream a frame stands. */
export interface FramePlace {
  readonly position: string | undefined;
  /** What the client was told before. */
  readonly previous: string;
}

export interface Telling extends FramePlace {
  readonly match: Match;
  readonly tellsOld: boolean;
  /** JSON, each only where it was asked for and may be told. */
  readonly parent: string | undefined;
  readonly readers: readonly string[] | undefined;
  readonly maxFrameBytes: number;
}

/** Of an object that was created, updated or deleted, has come into sight or left it. */
export function objectFrame(change: StreamChange, seen: SeenChange, telling: Telling): StreamFrame {
  const { objectId, action, list, newText } = change;
  const { position, previous, match, parent, readers, maxFrameBytes } = telling;
  const where = { position, previous, list_position: formatPosition(change.position), uri: seen.uri };
  if (match === 'leave' && action !== 'delete') {
    // Not even when: what has become of it since is not theirs to know.
    const meta = { type: list.resourceName, id: objectId, match, ...where };
    return frame(position, JSON.stringify(meta), JSON.stringify({ id: objectId }));
  }
  const meta = JSON.stringify({
    ...{ type: list.resourceName, id: objectId, action, match },
    ...(action === 'delete' ? { is_deleted: true } : {}),
    timestamp: change.timestamp,
    ...where,
    ...{ request_id: change.requestId, last: change.last },
    ...(action === 'update' && seen.tellsOld ? { revision: revisionOf(change) } : {}),
    ...(seen.tellsUser ? { user_id: change.userId } : {}),
    ...(list.resourceName === 'group' ? memberChanges(change, seen.tellsOld) : {}),
    ...(readers === undefined ? {} : { readers: [...readers] }),
  });
  const whole = parent === undefined ? meta : `${meta.slice(0, -1)},"parent":${parent}}`;
  const old = telling.tellsOld ? (change.oldText ?? undefined) : undefined;
  const told = frame(position, whole, newText, old);
  if (told.text.length <= maxFrameBytes) return told;
  const short = JSON.stringify({ id: objectId, last_modified: change.timestamp });
  return frame(position, `${meta.slice(0, -1)},"too_large":true}`, short);
}

/** Of an entry for the stream's owner. */
export function grantFrame(change: StreamChange, uri: string, grant: Grant, place: FramePlace): StreamFrame {
  const { position, previous } = place;
  const { action, permissions } = grant;
  const meta = {
    ...{ type: 'grant', id: uri, action, ...(action === 'delete' ? { is_deleted: true } : {}) },
    ...{ timestamp: change.timestamp, position, previous, uri },
  };
  const data = { uri, resource: change.list.resourceName, permissions: [...permissions] };
  return frame(position, JSON.stringify(meta), JSON.stringify(data));
}

/** Of an account; the log has it without its password. */
export function accountFrame(change: StreamChange, { position, previous }: FramePlace): StreamFrame {
  const { objectId: id, action, timestamp, newText } = change;
  const meta = {
    ...{ type: 'account', id, action, ...(action === 'delete' ? { is_deleted: true } : {}) },
    ...{ timestamp, position, previous, uri: `/accounts/${id}` },
  };
  return frame(position, JSON.stringify(meta), newText);
}

/** What is said about the stream itself. */
export function controlText(control: string, more: JsonObject): string {
  return JSON.stringify({ meta: { type: 'control', control, ...more } });
}

function frame(position: string | undefined, meta: string, data: string, old?: string): StreamFrame {
  const oldPart = old === undefined ? '' : `,"old":${old}`;
  return { position, text: escapeNonAscii(`{"meta":${meta},"data":${data}${oldPart}}`) };
}

function revisionOf({ oldText }: StreamChange): number | null {
  const old = oldText === null ? undefined : parseJsonText(oldText);
  return isJsonObject(old) && typeof old.last_modified === 'number' ? old.last_modified : null;
}

/** @param knowsOld whether who was in the group before may be told */
function memberChanges({ newText, oldText, action }: StreamChange, knowsOld: boolean): JsonObject {
  const [now, before] = [membersIn(newText), knowsOld ? membersIn(oldText) : []];
  if (!knowsOld && action !== 'create') return {};
  return {
    members_added: now.filter((member) => !before.includes(member)),
    members_removed: before.filter((member) => !now.includes(member)),
  };
}

function membersIn(text: string | null): string[] {
  const group = text === null ? undefined : parseJsonText(text);
  const members = isJsonObject(group) ? group.members : undefined;
  return Array.isArray(members) ? members.filter((member) => typeof member === 'string') : [];
}
