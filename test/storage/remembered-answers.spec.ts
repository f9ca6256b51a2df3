import fc from 'fast-check';
import { accessEntries } from '../../src/permissions/access-entries.js';
import { groupMemberships } from '../../src/permissions/group-memberships.js';
import type { UnitOfWork } from '../../src/storage/storage.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const LIST = { parentId: '/buckets/b/collections/c', resourceName: 'record' };
const IDS = ['r', 's'];
const uriOf = (id: string) => `${LIST.parentId}/records/${id}`;

/** One step inside a unit. Each that writes must make every remembered answer right again. */
const STEPS: Record<string, (unit: UnitOfWork, id: string) => Promise<unknown>> = {
  async create(unit, id) {
    if ((await unit.findObject(LIST, id)) === undefined) await unit.createObject(LIST, id, {});
    await accessEntries.add(unit.sql, uriOf(id), 'write', 'ann');
  },
  async update(unit, id) {
    const before = await unit.findObject(LIST, id);
    if (before !== undefined) await unit.updateObject(LIST, before, { changed: true });
  },
  async delete(unit, id) {
    const before = await unit.findObject(LIST, id);
    if (before !== undefined) await unit.deleteObject(LIST, before);
    await accessEntries.deleteOf(unit.sql, uriOf(id));
  },
  deleteBelow: (unit) => unit.deleteBelow('/buckets/b'),
  replaceEntries: (unit, id) => accessEntries.replace(unit.sql, uriOf(id), { write: ['bob'] }),
  join: (unit, id) => groupMemberships.join(unit.sql, `/buckets/b/groups/${id}`, ['ann']),
  leave: (unit, id) => groupMemberships.leave(unit.sql, `/buckets/b/groups/${id}`, ['ann']),
  disband: (unit) => groupMemberships.disbandBelow(unit.sql, '/buckets/b'),
  ask: (unit) => remembered(unit),
};

/** What the unit answers, maybe from memory. */
async function remembered(unit: UnitOfWork) {
  const objects = [];
  for (const id of IDS) {
    objects.push(await unit.hasObject(LIST, id), await accessEntries.has(unit.sql, uriOf(id), 'write', 'ann'));
  }
  return { objects, groups: [...(await groupMemberships.groupsOf(unit.sql, 'ann'))].sort() };
}

/** What the tables say. */
async function stored(unit: UnitOfWork) {
  const objects = [];
  for (const id of IDS) {
    objects.push((await unit.findObject(LIST, id)) !== undefined);
    objects.push(((await accessEntries.listOf(unit.sql, uriOf(id))).write ?? []).includes('ann'));
  }
  const rows = await unit.sql.all<{ principal: string }>('SELECT principal FROM user_principals WHERE user_id = ?', [
    'ann',
  ]);
  return { objects, groups: rows.map(({ principal }) => principal).sort() };
}

const step = fc.record({ name: fc.constantFrom(...Object.keys(STEPS)), id: fc.constantFrom(...IDS) });
const nested = fc.record({ steps: fc.array(step, { maxLength: 4 }), fails: fc.boolean() });
const units = fc.array(fc.record({ parts: fc.array(nested, { maxLength: 4 }), fails: fc.boolean() }), { maxLength: 6 });

describe('What a connection remembers', () => {
  const files = new TemporaryStorage();
  let storage: SqliteStorage;
  beforeEach(async () => (storage = await files.open()));
  afterAll(() => files.remove());

  it('is what the tables say, whatever is written and undone', async () => {
    const refusal = new Error('refused');
    const swallow = (error: unknown) => {
      if (error !== refusal) throw error;
    };
    await fc.assert(
      fc.asyncProperty(units, async (plan) => {
        for (const { parts, fails } of plan) {
          const work = async (unit: UnitOfWork) => {
            for (const part of parts) {
              const run = async () => {
                for (const { name, id } of part.steps) {
                  await STEPS[name]!(unit, id);
                  expect(await remembered(unit)).toEqual(await stored(unit));
                }
                if (part.fails) throw refusal;
              };
              await unit.nested(run).catch(swallow);
              expect(await remembered(unit)).toEqual(await stored(unit));
            }
            if (fails) throw refusal;
          };
          await storage.write(work).catch(swallow);
          await storage.write(async (unit) => expect(await remembered(unit)).toEqual(await stored(unit)));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is asked of the tables once', async () => {
    await storage.write(async (unit) => {
      let asked = 0;
      const ask = async () => (asked += 1);
      expect(await unit.sql.remember('question', ask)).toBe(1);
      expect(await unit.sql.remember('question', ask)).toBe(1);
      await unit.deleteBelow('/nowhere');
      expect(await unit.sql.remember('question', ask)).toBe(2);
    });
  });

  it('is never a no', async () => {
    await storage.write(async (unit) => {
      expect(await unit.hasObject(LIST, 'late')).toBe(false);
      await unit.createObject(LIST, 'late', {});
      expect(await unit.hasObject(LIST, 'late')).toBe(true);
    });
  });
});
