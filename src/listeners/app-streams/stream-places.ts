import type { JsonObject } from '../../wire/json.js';
import type { ObjectList, StorageView, UnitOfWork } from '../../storage/storage.js';
import { streamsParent } from './stream.definition.js';

/** How far a stream has come. */
export interface StreamPlaces {
  /** The last position that its client has said it has dealt with. */
  readonly acked?: string;
  /** The last one that was sent to it. */
  readonly sent?: string;
  /** The connection that has it: there is one, on whichever server. */
  readonly holder?: string;
}

/**
 * Beside the streams and not in them, so that a stream's ETag changes only with what its owner has written. Nobody is
 * shown this list; it is in no change log.
 */
function listOf(owner: string): ObjectList {
  return { parentId: streamsParent(owner), resourceName: 'stream-place' };
}

const NAMES = ['acked', 'sent', 'holder'] as const;

export const streamPlaces = {
  async find(view: StorageView, owner: string, key: string): Promise<StreamPlaces> {
    const found = await view.findObject(listOf(owner), key);
    const kept = NAMES.map((name) => [name, found?.value[name]] as const);
    return Object.fromEntries(kept.filter(([, value]) => typeof value === 'string'));
  },

  /** Places that are not given stay as they are. */
  async move(unit: UnitOfWork, owner: string, key: string, places: StreamPlaces): Promise<void> {
    const before = await unit.findObject(listOf(owner), key);
    if (before === undefined) {
      await unit.createObject(listOf(owner), key, { ...places });
      return;
    }
    const kept: JsonObject = { ...before.value };
    // Given back, it would be taken for a suggestion.
    delete kept.last_modified;
    await unit.updateObject(listOf(owner), before, { ...kept, ...places });
  },

  async forget(unit: UnitOfWork, owner: string, key: string): Promise<void> {
    const before = await unit.findObject(listOf(owner), key);
    if (before !== undefined) await unit.deleteObject(listOf(owner), before);
  },
};
