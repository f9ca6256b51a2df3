import Database from 'better-sqlite3';

interface ChangeRow {
  readonly list: string;
  readonly object_id: string;
  readonly n: number;
  readonly new_object: string;
}

/**
 * Plays the log from its beginning, and compares what comes out with the table of objects, tombstones included.
 *
 * @returns how many changes there are
 */
export function ensureLogEqualsTables(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    const replayed = new Map<string, string>();
    const numbers = new Map<string, number>();
    const changes = database
      .prepare(`SELECT parent_id || ' ' || resource_name AS list, object_id, n, new_object FROM changes ORDER BY id`)
      .all() as ChangeRow[];
    for (const { list, object_id, n, new_object } of changes) {
      expect(n).toBe((numbers.get(list) ?? 0) + 1);
      numbers.set(list, n);
      replayed.set(`${list} ${object_id}`, new_object);
    }
    const stored = database
      .prepare(
        `SELECT parent_id || ' ' || resource_name || ' ' || id AS place,
          json_patch(json_object('id', id, 'last_modified', last_modified), data) AS object FROM objects`,
      )
      .all() as { place: string; object: string }[];
    const parse = (text: string): unknown => JSON.parse(text);
    expect(new Map(stored.map(({ place, object }) => [place, parse(object)]))).toEqual(
      new Map([...replayed].map(([place, object]) => [place, parse(object)])),
    );
    return changes.length;
  } finally {
    database.close();
  }
}
