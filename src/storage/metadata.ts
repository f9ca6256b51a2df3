import type { SqlSession } from './sql-session.js';

/** Facts about the database itself, by name. */
export const metadata = {
  /** The value of that name, made and kept at the first asking. Inside a unit of work. */
  async findOrCreate(sql: SqlSession, name: string, make: () => string): Promise<string> {
    const found = await sql.first<{ value: string }>('SELECT value FROM metadata WHERE name = ?', [name]);
    if (found !== undefined) return found.value;
    const value = make();
    await sql.run('INSERT INTO metadata (name, value) VALUES (?, ?)', [name, value]);
    return value;
  },
};
