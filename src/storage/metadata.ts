import type { SqlSession } from './sql-session.js';

/** Facts about the database itself, by name. */
export const metadata = {
  async find(sql: SqlSession, name: string): Promise<string | undefined> {
    return (await sql.first<{ value: string }>('SELECT value FROM metadata WHERE name = ?', [name]))?.value;
  },

  /** The value of that name, made and kept at the first asking. Inside a unit of work. */
  async findOrCreate(sql: SqlSession, name: string, make: () => string): Promise<string> {
    const found = await metadata.find(sql, name);
    if (found !== undefined) return found;
    const value = make();
    const made = await sql.run('INSERT INTO metadata (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      name,
      value,
    ]);
    // Another process may have been the first.
    return made === 1 ? value : ((await metadata.find(sql, name)) ?? value);
  },
};
