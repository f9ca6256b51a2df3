import fc from 'fast-check';
import type { PostgresqlStorage } from '../../src/storage/postgresql/postgresql-storage.js';
import { fromTimestamp, isStorable, toTimestamp } from '../../src/storage/postgresql/timestamps.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';

/** From 4713 BC to the year 294276; the everyday ones among them. */
const moment = fc.oneof(
  fc.integer({ min: 1_500_000_000_000, max: 2_000_000_000_000 }),
  fc.maxSafeInteger().filter(isStorable),
  fc.integer({ min: -70_000_000_000_000, max: 260_000_000_000_000 }),
  fc.constantFrom(0, -1, 1, 253_402_300_799_999, 253_402_300_800_000, -62_135_596_800_001, -62_135_596_800_000),
);

describe('Timestamps of PostgreSQL', () => {
  it('say what cannot be kept by what comes before and after everything', () => {
    expect([toTimestamp(Number.MAX_VALUE), toTimestamp(-9e15)]).toEqual(['infinity', '-infinity']);
    expect([fromTimestamp('infinity'), fromTimestamp('-infinity')]).toEqual([Infinity, -Infinity]);
  });

  it('are rounded to milliseconds, as Kinto tells them', () => {
    expect(fromTimestamp('2023-11-14 22:13:20.123499')).toBe(1_700_000_000_123);
    expect(fromTimestamp('2023-11-14 22:13:20.1235')).toBe(1_700_000_000_124);
    expect(fromTimestamp('2023-11-14 22:13:20')).toBe(1_700_000_000_000);
  });
});

describeWithPostgresql('Timestamps in PostgreSQL [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let storage: PostgresqlStorage;
  beforeAll(async () => {
    storage = await openPostgresql(await databases.next());
  }, 150_000);
  afterAll(async () => {
    await storage.close();
    await databases.stop();
  });

  it('are the same there and back, and the number that Kinto makes of them', async () => {
    await fc.assert(
      fc.asyncProperty(moment, async (ms) => {
        const row = await storage.read(({ sql }) =>
          sql.first<{ back: number; epoch: number }>(
            'SELECT moment AS back, as_epoch(moment) AS epoch FROM (SELECT ?::timestamp AS moment) AS given',
            [toTimestamp(ms)],
          ),
        );
        expect(row).toEqual({ back: ms, epoch: ms });
      }),
      { numRuns: 100 },
    );
  });
});
