import { NOON, openedForEachTest, RECORDS, type StorageFactory } from './storage.fixture.js';

const VIOLATED = { name: 'ApiError', error: 'CONSTRAINT_VIOLATED' };

/** `last_modified` (kinto-api.md, 2.3 and 2.4) and positions. */
export function storageTimestampsContract(factory: StorageFactory): void {
  const clock = { now: NOON };
  const user = openedForEachTest(factory, clock);

  describe('timestamps', () => {
    it('give a list its own on first access, for good', async () => {
      expect(await user().timestamp()).toBeUndefined();
      const ensure = () => user().storage.write((unit) => unit.ensureListTimestamp(RECORDS));
      expect(await ensure()).toBe(NOON);
      clock.now += 1000;
      expect(await ensure()).toBe(NOON);
      expect(await user().timestamp()).toBe(NOON);
      expect((await user().create('r')).object.lastModified).toBe(NOON + 1000);
    });

    it('increase strictly while the clock stands still or goes back', async () => {
      const given = [(await user().create('a')).object.lastModified];
      given.push((await user().create('b')).object.lastModified);
      clock.now -= 60_000;
      given.push((await user().update('a', {})).object.lastModified);
      given.push((await user().delete('b')).object.lastModified);
      expect(given).toEqual([NOON, NOON + 1, NOON + 2, NOON + 3]);
      expect(await user().timestamp()).toBe(NOON + 3);
    });

    it('follow the clock when it is ahead', async () => {
      await user().create('a');
      clock.now += 500;
      expect((await user().create('b')).object.lastModified).toBe(NOON + 500);
    });

    it('belong to one list each', async () => {
      await user().create('a');
      const other = { ...RECORDS, parentId: '/buckets/b/collections/d' };
      expect((await user().create('a', {}, other)).object.lastModified).toBe(NOON);
    });
  });

  describe('a suggested last_modified', () => {
    beforeEach(async () => {
      await user().create('first');
      clock.now += 10;
      await user().create('second');
    });
    const LIST = NOON + 10;

    it.each([['text'], [null], [1.5], [true], [{}], [Number.MAX_SAFE_INTEGER + 1]])(
      'that is no whole number is ignored: %j',
      async (suggested) => {
        expect((await user().create('r', { last_modified: suggested })).object.lastModified).toBe(LIST + 1);
        expect((await user().update('r', { last_modified: suggested })).object.lastModified).toBe(LIST + 2);
      },
    );

    it.each([[NOON + 5], [0], [-7]])('in the past is used on create, and the list stays: %d', async (suggested) => {
      const { object } = await user().create('r', { last_modified: suggested });
      expect(object.value).toEqual({ id: 'r', last_modified: suggested });
      expect(await user().find('r')).toEqual(object.value);
      expect(await user().timestamp()).toBe(LIST);
    });

    it('in the future is used and becomes the list’s timestamp', async () => {
      const future = NOON + 5_000;
      expect((await user().create('r', { last_modified: future })).object.lastModified).toBe(future);
      expect(await user().timestamp()).toBe(future);
      expect((await user().create('s')).object.lastModified).toBe(future + 1);
    });

    it('equal to the list’s is replaced by a fresh one', async () => {
      expect((await user().create('r', { last_modified: LIST })).object.lastModified).toBe(LIST + 1);
      expect((await user().update('first', { last_modified: LIST + 1 })).object.lastModified).toBe(LIST + 2);
      expect((await user().delete('first', LIST + 2)).object.lastModified).toBe(LIST + 3);
    });

    it('that is not after the object’s own is ignored on update and delete', async () => {
      expect((await user().update('first', { last_modified: NOON })).object.lastModified).toBe(LIST + 1);
      expect((await user().update('first', { last_modified: NOON - 1 })).object.lastModified).toBe(LIST + 2);
      expect((await user().delete('second', LIST)).object.lastModified).toBe(LIST + 3);
    });

    it('between the object’s own and the list’s is used on update and delete, and the list stays', async () => {
      expect((await user().update('first', { last_modified: NOON + 3 })).object.lastModified).toBe(NOON + 3);
      expect((await user().delete('first', NOON + 4)).object.lastModified).toBe(NOON + 4);
      expect(await user().timestamp()).toBe(LIST);
    });

    it('in the future is used on update and delete', async () => {
      expect((await user().update('first', { last_modified: NOON + 50 })).object.lastModified).toBe(NOON + 50);
      expect((await user().delete('first', NOON + 60)).object.lastModified).toBe(NOON + 60);
      expect(await user().timestamp()).toBe(NOON + 60);
    });

    it('may lie before a tombstone it replaces', async () => {
      await user().delete('first');
      expect((await user().create('first', { last_modified: 5 })).object.lastModified).toBe(5);
      expect(await user().timestamp()).toBe(LIST + 1);
    });

    it('that another object of the list has is a conflict, and the unit leaves nothing', async () => {
      await expect(user().create('r', { last_modified: NOON })).rejects.toMatchObject(VIOLATED);
      await user().create('old', { last_modified: 1 });
      await expect(user().update('old', { last_modified: NOON })).rejects.toMatchObject(VIOLATED);
      await expect(user().delete('old', NOON)).rejects.toMatchObject(VIOLATED);
      expect(await user().ids('_sort=id')).toEqual(['first', 'old', 'second']);
      expect((await user().create('s')).position.n).toBe(4);
    });

    it('on a list that never was is used too, and the list’s timestamp is now', async () => {
      const list = { ...RECORDS, parentId: '/buckets/new' };
      expect((await user().create('r', { last_modified: 7 }, list)).object.lastModified).toBe(7);
      expect(await user().timestamp(list)).toBe(LIST);
    });
  });

  describe('positions', () => {
    it('count each list’s changes from one, in one epoch', async () => {
      const written = [await user().create('a'), await user().update('a', {}), await user().delete('a')];
      written.push(await user().create('a', { last_modified: 3 }));
      expect(written.map(({ position }) => position.n)).toEqual([1, 2, 3, 4]);
      expect(new Set(written.map(({ position }) => position.epoch)).size).toBe(1);
      for (const { position } of written) expect(position.salt >= 0 && position.salt < 0x10000).toBe(true);
    });

    it('do not count asking for the timestamp', async () => {
      await user().storage.write((unit) => unit.ensureListTimestamp(RECORDS));
      expect((await user().create('a')).position.n).toBe(1);
    });

    it('have epochs that differ from list to list', async () => {
      const { position } = await user().create('a');
      const other = await user().create('a', {}, { ...RECORDS, resourceName: 'group' });
      expect(other.position.epoch).not.toBe(position.epoch);
    });

    it('have no gap after units that failed', async () => {
      expect((await user().create('a')).position.n).toBe(1);
      await expect(user().create('a')).rejects.toMatchObject(VIOLATED);
      const failing = user().storage.write(async (unit) => {
        await unit.createObject(RECORDS, 'b', {});
        throw new Error('changed its mind');
      });
      await expect(failing).rejects.toThrow('changed its mind');
      expect((await user().create('c')).position.n).toBe(2);
    });

    it('and timestamps stay in order under many writers at once', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
      const written = await Promise.all(ids.map((id) => user().create(id)));
      expect(written.map(({ position }) => position.n)).toEqual(ids.map((_, index) => index + 1));
      expect(written.map(({ object }) => object.lastModified)).toEqual(ids.map((_, index) => NOON + index));
    });
  });
}
