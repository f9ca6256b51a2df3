import type { CommitHook } from '../../src/changes/commit-hook.js';
import { journal } from '../../src/storage/journal.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const AUDITS = { parentId: '/buckets/home', resourceName: 'audit' };

describe('The change log', () => {
  const temporary = new TemporaryStorage();
  let storage: SqliteStorage;
  beforeEach(async () => (storage = await temporary.open()));
  afterAll(() => temporary.remove());

  const loggedIds = async () =>
    (await storage.read(({ sql }) => journal.readAfter(sql, 0, 100))).map(({ objectId }) => objectId);
  const found = (list: typeof TASKS, id: string) => storage.read((view) => view.findObject(list, id));

  it('asks the hooks one after another, with everything the request changed', async () => {
    const asked: string[] = [];
    const hook = (name: string): CommitHook => ({
      beforeCommit: async (changes) => {
        asked.push(`${name} begins`);
        await Promise.resolve();
        const told = changes.map(({ action, impacted }) => `${action} ${impacted.map(({ id }) => id).join('+')}`);
        asked.push(`${name}: ${told.join(', ')}`);
      },
    });
    const writer = new ChangeWriter(storage, [hook('first'), hook('second')]);
    await writer.request(async (steps) => {
      await steps.create(TASKS, 'r1');
      await steps.update(TASKS, 'r1');
      await steps.create(TASKS, 'r2');
    });
    const everything = 'create r1+r2, update r1';
    expect(asked).toEqual(['first begins', `first: ${everything}`, 'second begins', `second: ${everything}`]);
    expect(await loggedIds()).toEqual(['r1', 'r1', 'r2']);
  });

  it('lets hooks write in the same transaction', async () => {
    const auditing: CommitHook = {
      beforeCommit: async (changes, unit) => {
        await unit.createObject(AUDITS, `audit-${changes.length}`, {});
      },
    };
    await new ChangeWriter(storage, [auditing]).create(TASKS, 'r1');
    expect(await found(AUDITS, 'audit-1')).toBeDefined();
  });

  it('is left as it was, like everything else, when a hook refuses', async () => {
    const later: string[] = [];
    const hooks: CommitHook[] = [
      { beforeCommit: async (_, unit) => void (await unit.createObject(AUDITS, 'undone', {})) },
      { beforeCommit: () => Promise.reject(new Error('over quota')) },
      { beforeCommit: async () => void later.push('asked') },
    ];
    let commits = 0;
    await expect(new ChangeWriter(storage, hooks).create(TASKS, 'r1')).rejects.toThrow('over quota');
    storage.onCommit(() => (commits += 1));
    expect([await found(TASKS, 'r1'), await found(AUDITS, 'undone')]).toEqual([undefined, undefined]);
    expect(await loggedIds()).toEqual([]);
    expect([later, commits]).toEqual([[], 0]);
  });

  it('asks no hook about a request that changed nothing', async () => {
    let asked = 0;
    const writer = new ChangeWriter(storage, [{ beforeCommit: async () => void (asked += 1) }]);
    await writer.request(async () => undefined);
    expect([asked, await loggedIds()]).toEqual([0, []]);
  });
});
