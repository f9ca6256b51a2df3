import { journal, type JournalEntry } from '../../src/storage/journal.js';
import type { SqlSession } from '../../src/storage/sql-session.js';
import type { ObjectList } from '../../src/storage/storage.js';
import { NOON, openedForEachTest, RECORDS, type StorageFactory } from './storage.fixture.js';

const GROUPS: ObjectList = { parentId: '/buckets/b', resourceName: 'group' };

function entry(objectId: string, n: number, list = RECORDS): JournalEntry {
  return {
    list,
    objectId,
    position: { epoch: 'e1', n, salt: 0xbeef },
    action: 'update',
    timestamp: NOON + n,
    userId: n % 2 === 0 ? null : 'basicauth:ann',
    newText: `{"id":"${objectId}","last_modified":${NOON + n}}`,
    oldText: n % 2 === 0 ? `{"id":"${objectId}"}` : null,
  };
}

export function storageJournalContract(factory: StorageFactory): void {
  const user = openedForEachTest(factory, { now: NOON });

  const append = (requestId: string, ...entries: JournalEntry[]) =>
    user().storage.write((unit) => journal.append(unit.sql, requestId, entries));
  const read = <T>(work: (sql: SqlSession) => Promise<T>) => user().storage.read((view) => work(view.sql));

  describe('the journal', () => {
    it('is empty at first', async () => {
      expect(await read((sql) => journal.top(sql))).toBe(0);
      expect(await read((sql) => journal.readAfter(sql, 0, 10))).toEqual([]);
    });

    it('gives back what was appended, in order, and marks the last of each list', async () => {
      const entries = [entry('a', 1), entry('g', 2, GROUPS), entry('b', 3)];
      await append('one', ...entries);
      const logged = await read((sql) => journal.readAfter(sql, 0, 10));
      expect(logged).toEqual([
        { ...entries[0], id: 1, requestId: 'one', last: false },
        { ...entries[1], id: 2, requestId: 'one', last: true },
        { ...entries[2], id: 3, requestId: 'one', last: true },
      ]);
      expect(await read((sql) => journal.top(sql))).toBe(3);
    });

    it('never ends in the middle of a request', async () => {
      await append('one', entry('a', 1), entry('b', 2));
      await append('two', entry('c', 3), entry('d', 4), entry('e', 5));
      await append('three', entry('f', 6));
      const idsAfter = async (after: number, limit: number) =>
        (await read((sql) => journal.readAfter(sql, after, limit))).map(({ objectId }) => objectId).join('');
      expect(await idsAfter(0, 1)).toBe('ab');
      expect(await idsAfter(0, 2)).toBe('ab');
      expect(await idsAfter(0, 3)).toBe('abcde');
      expect(await idsAfter(2, 1)).toBe('cde');
      expect(await idsAfter(2, 4)).toBe('cdef');
      expect(await idsAfter(6, 4)).toBe('');
    });

    it('is read in the middle of a request for who can go on from there', async () => {
      await append('one', entry('a', 1), entry('b', 2));
      await append('two', entry('c', 3), entry('d', 4), entry('e', 5));
      const idsAfter = async (after: number, limit: number) =>
        (await read((sql) => journal.readAtMost(sql, after, limit))).map(({ objectId }) => objectId).join('');
      expect(await idsAfter(0, 1)).toBe('a');
      expect(await idsAfter(1, 3)).toBe('bcd');
      expect(await idsAfter(4, 3)).toBe('e');
      expect(await idsAfter(5, 3)).toBe('');
    });

    it('has nothing of a unit that failed', async () => {
      const failing = user().storage.write(async (unit) => {
        await journal.append(unit.sql, unit.id, [entry('a', 1)]);
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
      expect(await read((sql) => journal.readAfter(sql, 0, 10))).toEqual([]);
    });

    it('is in commit order under many writers at once', async () => {
      const committed: string[] = [];
      const write = (id: string) =>
        user().storage.write(async (unit) => {
          const { position } = await unit.createObject(RECORDS, id, {});
          await journal.append(unit.sql, unit.id, [{ ...entry(id, position.n), position }]);
        });
      const ids = Array.from({ length: 50 }, (_, index) => `r${index}`);
      await Promise.all(ids.map((id) => write(id).then(() => committed.push(id))));
      const logged = await read((sql) => journal.readAfter(sql, 0, 100));
      expect(logged.map(({ objectId }) => objectId)).toEqual(committed);
      expect(logged.map(({ position }) => position.n)).toEqual(ids.map((_, index) => index + 1));
      expect(new Set(logged.map(({ requestId }) => requestId)).size).toBe(50);
    });
  });

  describe('a cursor', () => {
    it('is nowhere until it is moved, and then where it was moved to', async () => {
      expect(await read((sql) => journal.findCursor(sql, 'webhook'))).toBeUndefined();
      const move = (to: number) => user().storage.write((unit) => journal.moveCursor(unit.sql, 'webhook', to));
      await move(0);
      expect(await read((sql) => journal.findCursor(sql, 'webhook'))).toBe(0);
      await move(12);
      expect(await read((sql) => journal.findCursor(sql, 'webhook'))).toBe(12);
      expect(await read((sql) => journal.findCursor(sql, 'webpush'))).toBeUndefined();
    });
  });
}
