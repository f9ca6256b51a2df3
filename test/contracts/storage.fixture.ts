import type { JsonObject } from '../../src/wire/json.js';
import { readListQuery } from '../../src/wire/query/list-query.js';
import type { ObjectList, Selection, Storage, WrittenObject } from '../../src/storage/storage.js';

export interface OpenedStorage {
  readonly storage: Storage;
  close(): Promise<void>;
}

/** Opens an empty storage. */
export type StorageFactory = (options: { readonly now?: () => number }) => Promise<OpenedStorage>;

export const RECORDS: ObjectList = { parentId: '/buckets/b/collections/c', resourceName: 'record' };

/** A moment to count from, in ms. */
export const NOON = 1_700_000_000_000;

/** What a client asks of a list, as its querystring. */
export function select(query = ''): Selection {
  return readListQuery([...new URLSearchParams(query)], { maxFetchSize: 10_000, nowMs: NOON }).getQuery();
}

/** One storage with the everyday writes as one unit each. */
export class StorageUser {
  constructor(readonly storage: Storage) {}

  create(id: string, value: JsonObject = {}, list = RECORDS): Promise<WrittenObject> {
    return this.storage.write((unit) => unit.createObject(list, id, value));
  }

  update(id: string, value: JsonObject, list = RECORDS): Promise<WrittenObject> {
    return this.storage.write(async (unit) => unit.updateObject(list, (await unit.findObject(list, id))!, value));
  }

  delete(id: string, suggested?: number, list = RECORDS): Promise<WrittenObject> {
    return this.storage.write(async (unit) => unit.deleteObject(list, (await unit.findObject(list, id))!, suggested));
  }

  async find(id: string, list = RECORDS): Promise<JsonObject | undefined> {
    return (await this.storage.read((view) => view.findObject(list, id)))?.value;
  }

  async ids(query = '', list = RECORDS): Promise<string[]> {
    const objects = await this.storage.read((view) => view.listObjects(list, select(query)));
    return objects.map(({ id }) => id);
  }

  timestamp(list = RECORDS): Promise<number | undefined> {
    return this.storage.read((view) => view.findListTimestamp(list));
  }
}

/** Opens a storage before each test of the surrounding `describe` and closes it after; answers how to reach it. */
export function openedForEachTest(factory: StorageFactory, clock: { now: number }): () => StorageUser {
  let opened: OpenedStorage;
  beforeEach(async () => {
    clock.now = NOON;
    opened = await factory({ now: () => clock.now });
  });
  afterEach(() => opened.close());
  return () => new StorageUser(opened.storage);
}
