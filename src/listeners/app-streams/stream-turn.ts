import type { Authenticator } from '../../auth/authenticator.js';
import type { StorageView } from '../../storage/storage.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { ScopeWatch } from './scope-watch.js';
import type { StreamLog } from './stream-log.js';
import { streamPlaces } from './stream-places.js';
import { readStreamPage, type StreamPage, type StreamPlace } from './stream-page.js';
import { StreamSight, type SightParts } from './stream-sight.js';
import type { StreamVisitor } from './stream-visitor.js';
import { streamList } from './stream.definition.js';
import { wishOf, type StreamWish } from './stream-wish.js';

export interface TurnParts extends SightParts {
  readonly authenticator: Authenticator;
  readonly log: StreamLog;
  /** How large, in bytes, one frame may be. */
  readonly maxFrameBytes: number;
}

/** A stream as its owner has written it. */
export interface KnownStream {
  readonly stream: StoredObject;
  readonly wish: StreamWish;
}

/** What one look at the database has for a connection. */
export interface Turn extends KnownStream {
  readonly page: StreamPage;
  /** Why it could not go on from its place, and where it goes on instead. */
  readonly reset: { readonly reason: string; readonly position: string } | undefined;
  /** About how many changes are left behind the page. */
  readonly pending: number;
  /** Buckets and collections of the scope that cannot be read as a whole any more. */
  readonly lost: readonly string[];
}

/** The connection that it is for. */
export interface Reader {
  readonly known: KnownStream;
  readonly place: StreamPlace;
  readonly scope: ScopeWatch;
  /** Its name; `undefined`: nobody has written down who holds the stream. */
  readonly holder: string | undefined;
}

export async function findStream(
  view: StorageView,
  { owner, key }: StreamVisitor,
  known?: KnownStream,
): Promise<KnownStream | undefined> {
  const stream = await view.findObject(streamList(owner), key);
  if (stream === undefined) return undefined;
  return stream.lastModified === known?.stream.lastModified ? known : { stream, wish: wishOf(stream.value) };
}

/** All from one snapshot. @returns `deleted`: the stream is gone; `taken over`: another connection has it */
export async function readTurn(
  view: StorageView,
  parts: TurnParts,
  visitor: StreamVisitor,
  { known, place, scope, holder }: Reader,
): Promise<Turn | 'deleted' | 'taken over'> {
  const found = await findStream(view, visitor, known);
  if (found === undefined) return 'deleted';
  const places = await streamPlaces.find(view, visitor.owner, visitor.key);
  if (holder !== undefined && places.holder !== holder) return 'taken over';
  const { log, maxFrameBytes } = parts;
  const { wish } = found;
  const sight = await sightOf(view, parts, visitor);
  const reason = await log.findReasonToReset(view, place.position);
  const reset = reason === undefined ? undefined : { reason, position: await log.top(view) };
  const from = reset === undefined ? place : { position: reset.position, told: reset.position };
  const page = await readStreamPage(view, { log, sight, wish, owner: visitor.owner, maxFrameBytes }, from);
  if (page.touchesRights) scope.doubt();
  const lost = await scope.look(sight, wish.roots);
  const pending = page.more ? log.distance(page.position, await log.top(view)) : 0;
  return { ...found, page, reset, pending, lost };
}

export async function sightOf(view: StorageView, parts: TurnParts, { identity }: StreamVisitor): Promise<StreamSight> {
  return new StreamSight(view, await parts.authenticator.callerOf(identity, view.sql), parts);
}
