import type { ObjectList } from '../../src/storage/storage.js';
import { NOON, openedForEachTest, RECORDS, select, type StorageFactory } from './storage.fixture.js';
import { storageJournalContract } from './storage-journal.contract.js';
import { storageTimestampsContract } from './storage-timestamps.contract.js';
import { storageUnitsContract } from './storage-units.contract.js';

const VIOLATED = { name: 'ApiError', error: 'CONSTRAINT_VIOLATED' };

/** What every storage promises: see the docstrings of src/storage/storage.ts. */
export function storageContract(name: string, factory: StorageFactory): void {
  describe(`The storage contract on ${name}`, () => {
    objectsContract(factory);
    listsContract(factory);
    deleteBelowContract(factory);
    storageTimestampsContract(factory);
    storageUnitsContract(factory);
    storageJournalContract(factory);
  });
}

function objectsContract(factory: StorageFactory): void {
  const user = openedForEachTest(factory, { now: NOON });

  it('gives back what was created, with its id and timestamp', async () => {
    const { object } = await user().create('r', { title: 'é', nested: { list: [1, null, 'x'] } });
    expect(object.lastModified).toBe(NOON);
    expect(object.deleted).toBe(false);
    const expected = { id: 'r', last_modified: NOON, title: 'é', nested: { list: [1, null, 'x'] } };
    expect(object.value).toEqual(expected);
    expect(await user().find('r')).toEqual(expected);
  });

  it('finds nothing where nothing is: another id, list, parent', async () => {
    await user().create('r');
    expect(await user().find('R')).toBeUndefined();
    expect(await user().find('r', { ...RECORDS, resourceName: 'group' })).toBeUndefined();
    expect(await user().find('r', { ...RECORDS, parentId: '/buckets/b/collections/d' })).toBeUndefined();
  });

  it('replaces the whole value on update', async () => {
    await user().create('r', { a: 1, b: 2 });
    const { object } = await user().update('r', { b: 3 });
    expect(object.value).toEqual({ id: 'r', last_modified: NOON + 1, b: 3 });
    expect(await user().find('r')).toEqual(object.value);
  });

  it('ignores an id inside the value', async () => {
    await user().create('r', { id: 'other', a: 1 });
    expect(await user().find('r')).toMatchObject({ id: 'r', a: 1 });
    expect(await user().find('other')).toBeUndefined();
  });

  it('leaves a tombstone without the value, seen only where deleted objects are asked for', async () => {
    await user().create('r', { secret: 1 });
    const { object } = await user().delete('r');
    expect(object.deleted).toBe(true);
    expect(object.value).toEqual({ id: 'r', last_modified: NOON + 1, deleted: true });
    expect(await user().find('r')).toBeUndefined();
    expect(await user().ids()).toEqual([]);
    const [tombstone] = await user().storage.read((view) => view.listObjects(RECORDS, select('_since=1')));
    expect(tombstone?.deleted).toBe(true);
    expect(tombstone?.value).toEqual(object.value);
  });

  it('creates over a tombstone, and the tombstone is gone', async () => {
    await user().create('r', { a: 1 });
    await user().delete('r');
    const { object } = await user().create('r', { b: 2 });
    expect(object.value).toEqual({ id: 'r', last_modified: NOON + 2, b: 2 });
    expect(await user().ids('_since=1')).toEqual(['r']);
    expect(await user().find('r')).toEqual(object.value);
  });

  it('refuses to create over a live object, and leaves it as it was', async () => {
    await user().create('r', { a: 1 });
    await expect(user().create('r', { a: 2 })).rejects.toMatchObject(VIOLATED);
    expect(await user().find('r')).toMatchObject({ a: 1 });
    expect(await user().timestamp()).toBe(NOON);
  });

  it('refuses to update or delete what has been deleted meanwhile', async () => {
    const { object } = await user().create('r');
    await user().delete('r');
    const { storage } = user();
    await expect(storage.write((unit) => unit.updateObject(RECORDS, object, {}))).rejects.toMatchObject(VIOLATED);
    await expect(storage.write((unit) => unit.deleteObject(RECORDS, object))).rejects.toMatchObject(VIOLATED);
  });

  it('says that it is healthy', async () => {
    expect(await user().storage.isHealthy()).toBe(true);
  });
}

function listsContract(factory: StorageFactory): void {
  const user = openedForEachTest(factory, { now: NOON });

  beforeEach(async () => {
    for (const id of ['a', 'b', 'c', 'd']) await user().create(id, { even: id === 'b' || id === 'd' });
    await user().delete('d');
  });

  it('answers one more than the page, so that the caller sees that more follow', async () => {
    expect(await user().ids('_sort=id&_limit=1')).toEqual(['a', 'b']);
    expect(await user().ids('_sort=id&_limit=2')).toEqual(['a', 'b', 'c']);
    expect(await user().ids('_sort=id&_limit=3')).toEqual(['a', 'b', 'c']);
  });

  it('sorts and filters', async () => {
    expect(await user().ids()).toEqual(['c', 'b', 'a']);
    expect(await user().ids('even=true')).toEqual(['b']);
    expect(await user().ids(`_since=${NOON + 1}&_sort=id`)).toEqual(['c', 'd']);
  });

  it('counts live objects, whatever the page', async () => {
    const count = (query: string, options?: { onlyIds?: string[] }) =>
      user().storage.read((view) => view.countObjects(RECORDS, select(query), options));
    expect(await count('_limit=1')).toBe(3);
    expect(await count('_since=1')).toBe(3);
    expect(await count('even=true')).toBe(1);
    expect(await count('', { onlyIds: ['a', 'd', 'x'] })).toBe(1);
  });

  it('narrows to ids and to live objects', async () => {
    const list = async (query: string, options: { onlyIds?: string[] | undefined; liveOnly?: boolean }) =>
      (await user().storage.read((view) => view.listObjects(RECORDS, select(query), options))).map(({ id }) => id);
    expect(await list('_sort=id', { onlyIds: ['b', 'a', 'd', 'x'] })).toEqual(['a', 'b']);
    expect(await list('_sort=id', { onlyIds: [] })).toEqual([]);
    expect(await list('_sort=id', { onlyIds: undefined })).toEqual(['a', 'b', 'c']);
    expect(await list('_since=1&_sort=id', { onlyIds: ['a', 'd'] })).toEqual(['a', 'd']);
    expect(await list('_since=1&_sort=id', { onlyIds: ['a', 'd'], liveOnly: true })).toEqual(['a']);
    expect(await list('_since=1&_sort=id', { liveOnly: true })).toEqual(['a', 'b', 'c']);
  });
}

function deleteBelowContract(factory: StorageFactory): void {
  const clock = { now: NOON };
  const user = openedForEachTest(factory, clock);
  const below = (parentId: string, resourceName = 'collection'): ObjectList => ({ parentId, resourceName });

  it('removes what is below, tombstones and timestamps among it, and no neighbour', async () => {
    const gone = [below('/buckets/a_b'), below('/buckets/a_b', 'group'), below('/buckets/a_b/collections/c', 'record')];
    const kept = ['/buckets/aXb', '/buckets/a', '/buckets/a_bc', '/buckets/a_b-', '/buckets/A_B', '/buckets/a_b.x'];
    const lists = [...gone, ...kept.map((parentId) => below(parentId)), below('', 'bucket')];
    for (const list of lists) {
      await user().create('x', {}, list);
      await user().create('dead', {}, list);
      await user().delete('dead', undefined, list);
    }
    await user().storage.write((unit) => unit.deleteBelow('/buckets/a_b'));
    for (const list of lists) {
      const isGone = gone.includes(list);
      expect((await user().ids('_since=1&_sort=-id', list)).map((id) => id)).toEqual(isGone ? [] : ['x', 'dead']);
      expect(await user().timestamp(list)).toEqual(isGone ? undefined : expect.any(Number));
    }
  });

  it('takes a per cent sign for a character', async () => {
    await user().create('x', {}, below('/buckets/a%'));
    await user().create('x', {}, below('/buckets/abc'));
    await user().storage.write((unit) => unit.deleteBelow('/buckets/a%'));
    expect(await user().ids('', below('/buckets/a%'))).toEqual([]);
    expect(await user().ids('', below('/buckets/abc'))).toEqual(['x']);
  });

  it('makes the list anew with another epoch, from one, and later than it ever was', async () => {
    const old = [await user().create('x'), await user().create('y'), await user().create('z')];
    await user().storage.write((unit) => unit.deleteBelow(RECORDS.parentId));
    const { object, position } = await user().create('x');
    expect(position.epoch).not.toBe(old[0]?.position.epoch);
    expect(position.n).toBe(1);
    expect(object.lastModified).toBeGreaterThan(old[2]!.object.lastModified);
  });

  it('makes them later than they ever were also where one beside them was far in the future', async () => {
    const groups = { parentId: RECORDS.parentId, resourceName: 'group' };
    await user().create('far', { last_modified: NOON * 2 }, groups);
    const old = await user().create('x', { last_modified: NOON + 50 });
    await user().storage.write((unit) => unit.deleteBelow(RECORDS.parentId));
    const { object } = await user().create('x');
    expect(object.lastModified).toBeGreaterThan(old.object.lastModified);
    expect(object.lastModified).toBeLessThan(NOON + 1000);
  });

  it('does not let a list that was far in the future set the clock of others', async () => {
    await user().create('x', { last_modified: NOON * 2 });
    await user().storage.write((unit) => unit.deleteBelow(RECORDS.parentId));
    clock.now += 5;
    expect((await user().create('x')).object.lastModified).toBe(NOON + 5);
  });
}
