import type { AppParts } from './app.lifecycle.js';
import { ChangeCollector } from './changes/change-collector.js';
import { ChangeLog } from './changes/change-log.js';
import { readersIn, writeOwnReaders } from './changes/own-readers.js';
import type { ListedObjects, ListenerObjects } from './listeners/webpush/stored-subscriptions.js';
import { accessEntries } from './permissions/access-entries.js';
import { ApiSettings } from './resources/http.settings.js';
import { readSettings } from './settings/settings.js';
import type { ObjectList, Storage } from './storage/storage.js';
import type { StoredObject } from './wire/stored-object.js';

export function listenerObjects({ source, storage, points, measuring }: Omit<AppParts, 'feed'>): ListenerObjects {
  const changeLog = new ChangeLog(measuring.hooks(points.hooks));
  return new StoredListenerObjects(storage, changeLog, readSettings(ApiSettings, source).readonly);
}

/** The objects a listener keeps in the storage. */
export class StoredListenerObjects implements ListenerObjects {
  /** @param isReadonly whether every write is refused, this server's own as well */
  constructor(
    private readonly storage: Storage,
    private readonly changeLog: ChangeLog,
    private readonly isReadonly: boolean,
  ) {}

  async list(
    list: ObjectList,
    { limit, unless }: { limit: number; unless: number | undefined },
  ): Promise<ListedObjects | undefined> {
    return this.storage.read(async (view) => {
      const timestamp = await view.findListTimestamp(list);
      if (unless !== undefined && timestamp === unless) return undefined;
      const objects = await view.listObjects(list, {
        filters: [],
        sort: [{ field: 'last_modified', path: ['last_modified'], direction: 'descending' }],
        limit,
        includeDeleted: false,
      });
      return { objects, timestamp };
    });
  }

  /** Nobody has asked for it: plugins agree to it and listeners hear of it as of any other deletion. */
  async delete(list: ObjectList, { id, lastModified }: StoredObject): Promise<boolean> {
    if (this.isReadonly) return false;
    return this.storage.write(async (unit) => {
      const before = await unit.findObject(list, id);
      if (before === undefined || before.lastModified !== lastModified) return false;
      const { object, position } = await unit.deleteObject(list, before);
      const uri = `${list.parentId}/${list.resourceName}s/${id}`;
      const entries = await accessEntries.listOf(unit.sql, uri);
      await accessEntries.deleteOf(unit.sql, uri);
      const changes = new ChangeCollector();
      changes.note({
        ...{ list, objectId: id, position, action: 'delete', timestamp: object.lastModified, userId: null },
        ...{ newText: object.text, oldText: before.text },
        principals: writeOwnReaders(null, readersIn(entries), undefined),
      });
      await this.changeLog.conclude(unit, changes);
      return true;
    });
  }
}
