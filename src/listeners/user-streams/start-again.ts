import type { Identity } from '../../auth/authenticator.js';
import { parsePlace } from '../../resources/live/list-place.js';
import type { LiveAccess, Refused } from '../../resources/live/live-access.js';
import { beginLive, type BeginningLimits } from '../../resources/live/live-beginning.js';
import type { LiveStart } from '../../resources/live/live-start.js';
import type { Storage } from '../../storage/storage.js';
import type { FollowedList } from './stream-subscription.js';

export interface StartParts {
  readonly storage: Storage;
  readonly access: LiveAccess;
  readonly limits: BeginningLimits;
}

/** A list that was followed before, and up to where. */
export interface FormerPlace extends FollowedList {
  readonly from: string;
  readonly identity: Identity;
}

/**
 * How a list goes on that was followed before: rights and changes are of one snapshot. In three tiers, as ever: what has
 * changed, what is different, or that it is to be read again (seed-systems.md, 8.3).
 */
export function startAgain(
  { storage, access, limits }: StartParts,
  { place, query, from, identity }: FormerPlace,
): Promise<Pick<LiveStart, 'rights' | 'position' | 'frames'> | Refused> {
  const former = parsePlace(from);
  if (former === undefined) throw new Error(`${from} is no place in a list`);
  return storage.read(async (view) => {
    const rights = await access.rightsOf(view, place, identity);
    if (typeof rights === 'string') return rights;
    const asked = { query: { ...query, beginning: { from: 'place' as const, place: former } }, rights };
    const { position, frames } = await beginLive(view, place, asked, limits);
    return { rights, position, frames };
  });
}
