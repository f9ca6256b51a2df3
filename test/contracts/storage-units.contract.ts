import type { UnitOfWork } from '../../src/storage/storage.js';
import { NOON, openedForEachTest, RECORDS, select, type StorageFactory } from './storage.fixture.js';

const VIOLATED = { name: 'ApiError', error: 'CONSTRAINT_VIOLATED' };

/** The next turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Units of work and snapshots: what they leave behind, and what they see of each other. */
export function storageUnitsContract(factory: StorageFactory): void {
  const user = openedForEachTest(factory, { now: NOON });
  const refuse = () => Promise.reject(new Error('refused'));

  describe('a unit of work', () => {
    it('that fails leaves nothing, while its neighbours stay', async () => {
      const failing = (id: string) =>
        user().storage.write(async (unit) => {
          await unit.createObject(RECORDS, id, {});
          await unit.ensureListTimestamp({ ...RECORDS, resourceName: id });
          return refuse();
        });
      const outcomes = await Promise.allSettled([
        user().create('a'),
        failing('x'),
        user().create('b'),
        failing('y'),
        user().create('c'),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'], // prettier-ignore
      );
      expect(await user().ids('_since=1&_sort=id')).toEqual(['a', 'b', 'c']);
      expect(await user().timestamp()).toBe((await user().find('c'))?.last_modified);
      expect((await user().create('d')).position.n).toBe(4);
      expect(await user().timestamp({ ...RECORDS, resourceName: 'x' })).toBeUndefined();
    });

    it('rejects with the very error that the work threw', async () => {
      const error = new Error('mine');
      await expect(user().storage.write(() => Promise.reject(error))).rejects.toBe(error);
      await expect(user().storage.read(() => Promise.reject(error))).rejects.toBe(error);
    });

    it('is never interleaved with another', async () => {
      const steps: string[] = [];
      const unit = (name: string) =>
        user().storage.write(async (work) => {
          for (let step = 0; step < 4; step += 1) {
            steps.push(name);
            await work.ensureListTimestamp({ ...RECORDS, resourceName: `${name}${step}` });
            for (let microtask = 0; microtask < 10; microtask += 1) await Promise.resolve();
            if (step === 2) await turn();
          }
        });
      await Promise.all([unit('a'), unit('b'), unit('c')]);
      expect(steps.join('')).toBe('aaaabbbbcccc');
    });

    it('has an id of its own', async () => {
      const ids = await Promise.all([1, 2, 3].map(() => user().storage.write(async (unit) => unit.id)));
      expect(new Set(ids).size).toBe(3);
    });

    it('sees what it wrote itself', async () => {
      const seen = await user().storage.write(async (unit) => {
        await unit.createObject(RECORDS, 'a', { x: 1 });
        const listed = await unit.listObjects(RECORDS, select());
        return { found: await unit.findObject(RECORDS, 'a'), listed, timestamp: await unit.findListTimestamp(RECORDS) };
      });
      expect(seen.found?.value).toMatchObject({ x: 1 });
      expect(seen.listed).toHaveLength(1);
      expect(seen.timestamp).toBe(NOON);
    });

    it('throws at what was forgotten in it, and nobody else’s unit gets it', async () => {
      let late: UnitOfWork | undefined;
      await user().storage.write(async (unit) => {
        late = unit;
      });
      let tried: PromiseSettledResult<unknown>[] = [];
      const failing = user().storage.write(async () => {
        tried = await Promise.allSettled([
          late!.createObject(RECORDS, 'late', {}),
          late!.findObject(RECORDS, 'late'),
          late!.sql.run('DELETE FROM objects'),
          late!.nested(async () => undefined),
        ]);
      });
      await failing;
      for (const outcome of tried) expect(String((outcome as PromiseRejectedResult).reason)).toContain('has ended');
      expect(tried).toHaveLength(4);
      expect(await user().ids()).toEqual([]);
    });
  });

  describe('nested work', () => {
    it('that fails undoes itself alone, at any depth', async () => {
      await user().storage.write(async (unit) => {
        await unit.createObject(RECORDS, 'a', {});
        await unit.nested(async () => {
          await unit.createObject(RECORDS, 'b', {});
          const inner = unit.nested(async () => {
            await unit.createObject(RECORDS, 'x', {});
            return refuse();
          });
          await expect(inner).rejects.toThrow('refused');
          await unit.createObject(RECORDS, 'c', {});
        });
        const outer = unit.nested(async () => {
          await unit.nested(() => unit.createObject(RECORDS, 'y', {}));
          return refuse();
        });
        await expect(outer).rejects.toThrow('refused');
        await expect(unit.nested(() => unit.createObject(RECORDS, 'a', {}))).rejects.toMatchObject(VIOLATED);
        const { position } = await unit.createObject(RECORDS, 'd', {});
        expect(position.n).toBe(4);
      });
      expect(await user().ids('_sort=id')).toEqual(['a', 'b', 'c', 'd']);
    });

    it('gives back its value, and goes with the unit when that fails', async () => {
      const failing = user().storage.write(async (unit) => {
        expect(await unit.nested(async () => (await unit.createObject(RECORDS, 'a', {})).position.n)).toBe(1);
        return refuse();
      });
      await expect(failing).rejects.toThrow('refused');
      expect(await user().ids()).toEqual([]);
    });

    it('that is not awaited fails its unit, and touches no other', async () => {
      let open!: () => void;
      const gate = new Promise<void>((resolve) => (open = resolve));
      const forgotten: Promise<unknown>[] = [];
      const careless = user().storage.write(async (unit) => {
        const work = unit.nested(async () => {
          await unit.createObject(RECORDS, 'x', {});
          await gate;
          return refuse();
        });
        forgotten.push(work.catch((error: unknown) => error));
        await unit.createObject(RECORDS, 'y', {});
      });
      const next = user().storage.write((unit) =>
        unit.nested(async () => {
          open();
          expect(await Promise.all(forgotten)).not.toHaveLength(0);
          await unit.createObject(RECORDS, 'a', {});
        }),
      );
      await expect(careless).rejects.toThrow('was not awaited');
      await next;
      expect(await user().ids()).toEqual(['a']);
    });

    it('may not overlap with other nested work of its unit', async () => {
      const careless = user().storage.write(async (unit) => {
        const twice = [unit.nested(() => unit.createObject(RECORDS, 'x', {})), unit.nested(() => turn())];
        await Promise.allSettled(twice);
        await unit.createObject(RECORDS, 'y', {});
        await Promise.all(twice);
      });
      await expect(careless).rejects.toThrow();
      expect(await user().ids()).toEqual([]);
      await user().create('a');
      expect(await user().ids()).toEqual(['a']);
    });
  });

  describe('a snapshot', () => {
    it('has units whole or not at all', async () => {
      const pair = (name: string) =>
        user().storage.write(async (unit) => {
          await unit.createObject(RECORDS, `${name}1`, {});
          await turn();
          await unit.createObject(RECORDS, `${name}2`, {});
        });
      const writes = Promise.all(['a', 'b', 'c', 'd'].map(pair));
      const counts: number[] = [];
      for (let round = 0; round < 12; round += 1) counts.push((await user().ids()).length);
      await writes;
      counts.push((await user().ids()).length);
      expect(counts.filter((count) => count % 2 === 1)).toEqual([]);
      expect(counts.at(-1)).toBe(8);
    });

    it('stays the same while others write', async () => {
      await user().create('a');
      let write: Promise<unknown> | undefined;
      await user().storage.read(async (view) => {
        const count = () => view.countObjects(RECORDS, select());
        expect(await count()).toBe(1);
        write = user().create('b');
        for (let round = 0; round < 5; round += 1) {
          await turn();
          expect(await count()).toBe(1);
        }
      });
      await write;
      expect(await user().ids('_sort=id')).toEqual(['a', 'b']);
    });

    it('that begins after a write was answered has it', async () => {
      for (let round = 0; round < 20; round += 1) {
        await user().create(`r${round}`);
        expect((await user().ids()).length).toBe(round + 1);
      }
    });
  });

  describe('who listens for commits', () => {
    it('is told when the write is answered, even if another listener throws', async () => {
      let told = 0;
      user().storage.onCommit(() => {
        throw new Error('a listener’s own mistake');
      });
      user().storage.onCommit(() => (told += 1));
      await user().create('a');
      expect(told).toBe(1);
      await user().create('b');
      expect(told).toBe(2);
    });
  });
}
