import type { Storage, StorageView } from '../../storage/storage.js';
import { streamList } from './stream.definition.js';
import type { StreamLog } from './stream-log.js';
import { streamPlaces, type StreamPlaces } from './stream-places.js';

/** Where a connection wants to begin. */
export interface StreamStart {
  /** `now`, `earliest` or a position; `undefined`: where the stream was. */
  readonly position: string | undefined;
  /** Whether what was missed is to be left out. */
  readonly purge: boolean;
}

/** Where it begins. */
export interface StreamBeginning {
  readonly position: string;
  readonly resumed: 'new' | 'replay' | 'reset';
  /** Why it cannot go on from where it was. */
  readonly reason: string | undefined;
  readonly places: StreamPlaces;
}

/** A stream, and the connection that has it. */
export interface HeldStream {
  readonly owner: string;
  readonly key: string;
  /** The connection's name. */
  readonly holder: string;
}

/**
 * Whoever had the stream before notices at the next turn, on other servers too. Where it begins is written down before
 * the client is told: what comes after that is never skipped, even if nothing else is written down any more.
 */
export async function takeHold(
  storage: Storage,
  { owner, key, holder }: HeldStream,
  { position, resumed, places }: StreamBeginning,
): Promise<void> {
  // Who acknowledges and wants nothing of what was missed has dealt with it.
  const acked = places.acked === undefined ? {} : { acked: position };
  const begun = resumed === 'replay' ? { holder } : { holder, sent: position, ...acked };
  await storage.write(async (unit) => {
    if (await unit.hasObject(streamList(owner), key)) await streamPlaces.move(unit, owner, key, begun);
  });
}

export async function beginStream(
  view: StorageView,
  log: StreamLog,
  stream: { readonly owner: string; readonly key: string },
  { position, purge }: StreamStart,
): Promise<StreamBeginning> {
  const places = await streamPlaces.find(view, stream.owner, stream.key);
  const wanted = purge ? 'now' : (position ?? places.acked ?? places.sent ?? 'now');
  if (wanted === 'now') return { position: await log.top(view), resumed: 'new', reason: undefined, places };
  const from = wanted === 'earliest' ? await log.earliest(view) : wanted;
  // A place that was kept may be of another form some day: then it is one that is not known any more.
  const reason = log.isPosition(from) ? await log.findReasonToReset(view, from) : 'new_history';
  if (reason === undefined) return { position: from, resumed: 'replay', reason, places };
  return { position: await log.top(view), resumed: 'reset', reason, places };
}
