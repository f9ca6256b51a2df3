import type { JsonObject } from '../../wire/json.js';
import type { LiveAccess } from '../../resources/live/live-access.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import type { Storage } from '../../storage/storage.js';
import type { Visitor } from './admission.js';
import { isRecord, queryOf } from './command-request.js';
import { eventOf, type HintBox, type HintMessage } from './hint-box.js';
import { isWithin } from './namespace.js';
import { findMissed } from './recovery.js';
import { refusalBody } from './refused.js';
import { listUriOf } from './scopes.js';

/** How many lists somebody may come back with. */
const MOST_LISTS = 100;

export interface RecoveryParts {
  readonly storage: Storage;
  readonly access: LiveAccess;
  /** @throws Refused as a GET of the list would be */
  readonly follow: (listUri: string, query: string) => Promise<OpenedList>;
}

/**
 * What somebody has missed in the lists they come back with, a message for each kind of object. A list that they may not
 * read any more is told with the refusal, and so is a position that is none.
 */
export async function recoverAll(
  { positions, view }: Pick<Visitor, 'positions' | 'view'>,
  hints: HintBox,
  parts: RecoveryParts,
): Promise<HintMessage[]> {
  if (!isRecord(positions)) return [];
  const byEvent = new Map<string, JsonObject[]>();
  const note = (event: string, change: JsonObject) => {
    byEvent.set(event, [...(byEvent.get(event) ?? []), change]);
  };
  for (const [uri, position] of Object.entries(positions).slice(0, MOST_LISTS)) {
    const listUri = listUriOf(uri);
    try {
      const followed = await parts.follow(listUri, queryOf([['_position', position]]));
      const { place } = followed.start;
      if (!isWithin(view, place.listUri)) continue;
      const missed = await findMissed(followed, String(position), parts);
      hints.settle(place.listUri, missed.position, missed.text);
      if (missed.change !== undefined) note(eventOf(place), missed.change);
    } catch (error) {
      const plural = listUri.slice(listUri.lastIndexOf('/') + 1);
      note(`${plural}Changed`, { list: listUri, error: refusalBody(error) });
    }
  }
  return [...byEvent].map(([event, changes]) => ({ event, changes }));
}
