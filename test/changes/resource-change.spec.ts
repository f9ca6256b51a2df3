import { mergeEntries, mergeLogged, type ResourceChange } from '../../src/changes/resource-change.js';
import type { JournalEntry } from '../../src/storage/journal.js';
import { BUCKETS, TASKS } from '../support/change-writer.js';
import { entry } from './journal-entry.js';

const OTHER = { ...TASKS, parentId: '/buckets/home/collections/other' };

function outline(changes: readonly ResourceChange[]) {
  return changes.map(({ action, impacted }) => [action, ...impacted.map(({ id }) => id)]);
}

function logged(requestId: string, id: number, of: JournalEntry) {
  return { ...of, id, requestId, last: true };
}

describe('Changes of one request', () => {
  it("are merged as in Kinto's example: put, delete, put in one collection", () => {
    const changes = mergeEntries([entry('create', 'r1'), entry('delete', 'r2'), entry('create', 'r3')]);
    expect(outline(changes)).toEqual([
      ['create', 'r1', 'r3'],
      ['delete', 'r2'],
    ]);
  });

  it('are not merged across lists or resources', () => {
    const entries = [entry('create', 'r1'), entry('create', 'r2', OTHER), entry('create', 'home', BUCKETS)];
    const changes = mergeEntries([...entries, entry('create', 'r3')]);
    expect(outline(changes)).toEqual([
      ['create', 'r1', 'r3'],
      ['create', 'r2'],
      ['create', 'home'],
    ]);
    expect(changes.map(({ parentParts }) => parentParts)).toEqual([
      { bucket_id: 'home', collection_id: 'tasks' },
      { bucket_id: 'home', collection_id: 'other' },
      {},
    ]);
  });

  it('have the timestamp of the first of them', () => {
    const [first, second] = [entry('update', 'r1'), entry('update', 'r2')];
    expect(mergeEntries([first, second])[0]?.timestamp).toBe(first.timestamp);
  });
});

describe('A stretch of the log', () => {
  it('is cut into its requests, each with its last position', () => {
    const requests = mergeLogged([
      logged('a', 7, entry('create', 'r1')),
      logged('a', 8, entry('create', 'r2')),
      logged('b', 9, entry('create', 'r3')),
    ]);
    expect(requests.map(({ lastId, changes }) => [lastId, outline(changes)])).toEqual([
      [8, [['create', 'r1', 'r2']]],
      [9, [['create', 'r3']]],
    ]);
  });

  it('gives a change the same id whenever it is read, and no other change that id', () => {
    const stretch = [
      logged('a', 1, entry('create', 'r1')),
      logged('a', 2, entry('delete', 'r1')),
      logged('b', 3, entry('create', 'r1')),
    ];
    const ids = () => mergeLogged(stretch).flatMap(({ changes }) => changes.map(({ id }) => id));
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(3);
  });

  it('may be empty', () => {
    expect(mergeLogged([])).toEqual([]);
  });
});
