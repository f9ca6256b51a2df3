import { ChangeCollector } from '../changes/change-collector.js';
import type { Exchange } from '../resources/exchange.js';
import { ApiSettings } from '../resources/http.settings.js';
import { collectionDefinition } from '../resources/kinto/collections.js';
import { ObjectWriter } from '../resources/object-writer.js';
import type { ResourcePlace } from '../resources/resource-place.js';
import { readSettings } from '../settings/settings.js';
import type { UnitOfWork } from '../storage/storage.js';
import { CommandFailure } from './command-failure.js';
import { withDatabase } from './database.js';
import type { DeleteOptions } from './delete-collection.js';
import { loadSettings } from './load-settings.js';

/** Kinto's own exit codes. */
const READONLY = 31;
const NO_BUCKET = 32;
const NO_COLLECTION = 33;

/**
 * Deletes it as a request would: with everything below, told to plugins and listeners. Nobody has asked for it.
 *
 * @returns what was done
 * @throws CommandFailure
 */
export async function deleteCollection(options: DeleteOptions): Promise<string> {
  const { bucket, collection } = options;
  const source = loadSettings(options);
  const { readonly, explicitPermissions } = readSettings(ApiSettings, source);
  if (readonly) throw new CommandFailure('Cannot delete the collection while in readonly mode.', READONLY);
  const bucketUri = `/buckets/${bucket}`;
  const uri = `${bucketUri}/collections/${collection}`;
  const place: ResourcePlace = {
    definition: collectionDefinition,
    list: { parentId: bucketUri, resourceName: 'collection' },
    listUri: `${bucketUri}/collections`,
    above: { bucket: bucketUri },
    parentName: 'bucket',
  };
  await withDatabase(source, ({ storage, changeLog }) =>
    storage.write(async (unit) => {
      if ((await unit.findObject({ parentId: '', resourceName: 'bucket' }, bucket)) === undefined) {
        throw new CommandFailure(`Bucket '${bucketUri}' does not exist.`, NO_BUCKET);
      }
      const before = await unit.findObject(place.list, collection);
      if (before === undefined) throw new CommandFailure(`Collection '${uri}' does not exist.`, NO_COLLECTION);
      const exchange = exchangeOf(unit, `/v1${uri}`);
      await new ObjectWriter(explicitPermissions).delete(exchange, place, before);
      await changeLog.conclude(unit, exchange.changes);
    }),
  );
  return `'${uri}' was deleted, with its records and permissions.`;
}

/** What a request would be while it is answered. */
function exchangeOf(unit: UnitOfWork, path: string): Exchange {
  return {
    request: { method: 'DELETE', path, queryString: '', headers: {}, body: undefined, origin: '' },
    params: {},
    identity: { userId: undefined },
    caller: { userId: undefined, principals: [] },
    view: unit,
    unit,
    changes: new ChangeCollector(),
    originProblems: [],
    knownUris: new Set(),
  };
}
