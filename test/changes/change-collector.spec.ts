import { ChangeCollector } from '../../src/changes/change-collector.js';
import { TASKS } from '../support/change-writer.js';
import { entry } from './journal-entry.js';

describe('The change collector', () => {
  it('keeps the entries in the order they were noted', () => {
    const collector = new ChangeCollector();
    for (const id of ['b', 'a', 'c']) collector.note(entry('create', id));
    expect(collector.entries.map(({ objectId }) => objectId)).toEqual(['b', 'a', 'c']);
  });

  it('forgets what was noted since a mark, and nothing before it', () => {
    const collector = new ChangeCollector();
    collector.note(entry('create', 'kept'));
    const mark = collector.mark();
    collector.note(entry('create', 'undone'));
    collector.note(entry('delete', 'undone'));
    collector.rewind(mark);
    collector.note(entry('update', 'kept'));
    expect(collector.entries.map(({ action, objectId }) => [action, objectId])).toEqual([
      ['create', 'kept'],
      ['update', 'kept'],
    ]);
  });

  it('shows its entries merged', () => {
    const collector = new ChangeCollector();
    for (const id of ['a', 'b']) collector.note(entry('create', id));
    expect(collector.changes).toMatchObject([{ action: 'create', parentId: TASKS.parentId, impacted: [{}, {}] }]);
  });
});
