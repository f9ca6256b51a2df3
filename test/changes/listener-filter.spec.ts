import { ListenerFilter, type WantedChanges } from '../../src/changes/listener-filter.js';
import { committedChange, impacted } from '../support/committed-change.js';

const ALL: WantedChanges = { actions: ['create', 'update', 'delete'], resources: [], buckets: [], collections: [] };
const filter = (wanted: Partial<WantedChanges>) => new ListenerFilter({ ...ALL, ...wanted });
const record = committedChange({ parentId: '/buckets/home/collections/tasks' });
const group = committedChange({ parentId: '/buckets/home', resourceName: 'group' });
const buckets = committedChange({
  parentId: '',
  resourceName: 'bucket',
  impacted: ['home', 'work'].map((id) => impacted(id)),
});

describe('A listener’s filter', () => {
  it('lets everything through unless it says otherwise', () => {
    for (const change of [record, group, buckets]) expect(filter({}).narrow(change)).toBe(change);
  });

  it('takes buckets by glob, of the bucket itself and of what is in it', () => {
    const home = filter({ buckets: ['h*', 'x?'] });
    expect(home.narrow(record)).toBe(record);
    expect(home.narrow(committedChange({ parentId: '/buckets/work/collections/tasks' }))).toBeUndefined();
    expect(home.narrow(buckets)?.impacted.map(({ id }) => id)).toEqual(['home']);
    expect(filter({ buckets: ['other'] }).narrow(buckets)).toBeUndefined();
  });

  it('takes collections by glob, and with them nothing that is in none', () => {
    const tasks = filter({ collections: ['tasks'] });
    expect(tasks.narrow(record)).toBe(record);
    expect(tasks.narrow(group)).toBeUndefined();
    expect(tasks.narrow(buckets)).toBeUndefined();
    const collection = committedChange({
      parentId: '/buckets/home',
      resourceName: 'collection',
      impacted: [impacted('tasks')],
    });
    expect(tasks.narrow(collection)).toBe(collection);
  });

  it('takes a dot for a dot', () => {
    expect(filter({ buckets: ['h.me'] }).narrow(record)).toBeUndefined();
  });
});
