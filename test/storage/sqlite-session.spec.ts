import Database from 'better-sqlite3';
import { ClosableSession, SqliteStatements } from '../../src/storage/sqlite/sqlite-session.js';

/** Counts what has to be prepared. */
class CountingDatabase extends Database {
  readonly prepared: string[] = [];

  override prepare<Parameters extends unknown[] | object = unknown[], Row = unknown>(text: string) {
    this.prepared.push(text);
    return super.prepare<Parameters, Row>(text);
  }
}

describe('The statements of a SQLite connection', () => {
  let database: CountingDatabase;
  beforeEach(() => {
    database = new CountingDatabase(':memory:');
  });
  afterEach(() => {
    database.close();
  });

  it('are prepared once', () => {
    const statements = new SqliteStatements(database, true);
    expect(statements.prepare('SELECT ? AS x').get([1])).toEqual({ x: 1 });
    expect(statements.prepare('SELECT ? AS x').all(['two'])).toEqual([{ x: 'two' }]);
    expect(database.prepared).toEqual(['SELECT ? AS x']);
  });

  it('stay while they are in use, however many others come by', () => {
    const statements = new SqliteStatements(database, true);
    for (let index = 0; index < 2_000; index += 1) {
      statements.prepare('SELECT 1 AS everyday');
      statements.prepare(`SELECT ${index} AS rare`);
    }
    expect(database.prepared.filter((text) => text.endsWith('everyday'))).toHaveLength(1);
  });

  it('are forgotten when they have not been used for long', () => {
    const statements = new SqliteStatements(database, true);
    for (let index = 0; index < 1_000; index += 1) statements.prepare(`SELECT ${index} AS rare`);
    statements.prepare('SELECT 0 AS rare');
    expect(database.prepared.filter((text) => text === 'SELECT 0 AS rare')).toHaveLength(2);
  });

  it('are closed to a unit by the unit’s end, and by the end of the transaction', async () => {
    const session = new ClosableSession(new SqliteStatements(database, true));
    database.exec('BEGIN');
    expect(await session.first('SELECT 1 AS x')).toEqual({ x: 1 });
    database.exec('ROLLBACK');
    await expect(session.first('SELECT 1 AS x')).rejects.toMatchObject({ error: 'BACKEND' });
    database.exec('BEGIN');
    session.close();
    await expect(session.run('SELECT 1 AS x')).rejects.toThrow('has ended');
  });
});
