import type { JsonObject } from '../../src/wire/json.js';
import { journal, type JournalEntry } from '../../src/storage/journal.js';
import type { SqlSession } from '../../src/storage/sql-session.js';
import type { ObjectList, Storage, UnitOfWork, WrittenObject } from '../../src/storage/storage.js';

const PER_UNIT = 200;

const BUCKET = '/buckets/library';
const RECORDS: ObjectList = { parentId: `${BUCKET}/collections/books`, resourceName: 'record' };
const HISTORY: ObjectList = { parentId: BUCKET, resourceName: 'history' };

/** What each database would like to write in its own way. */
const TRICKY: JsonObject = {
  'a much longer key': [1, [], {}, [{}], null, true, false, ''],
  zz: { b: 1, a: 2, é: 3, e: 4, '': 5, '😀': 6, '\n': 7, '"': 8 },
  numbers: [0, -0, 1e21, 1.5e300, 5e-324, 1e-7, 0.1, -2.5, 12345678901234567890n, 9007199254740993n, 100],
  text: 'tab\t quote" backslash\\ bell\u0007 umlaut ä emoji 😀 line\u2028 slash/ {"not": "JSON"}',
  a: 1,
};

/** Records with permissions and history, and something in every other table: updated, deleted and made again, too. */
export async function fill(storage: Storage, records: number): Promise<void> {
  for (let first = 0; first < records; first += PER_UNIT) {
    await storage.write(async (unit) => {
      const entries: JournalEntry[] = [];
      for (let index = first; index < Math.min(records, first + PER_UNIT); index += 1) {
        entries.push(...(await addRecord(unit, index)));
      }
      await journal.append(unit.sql, unit.id, entries);
    });
  }
  await storage.write(({ sql }) => addTheRest(sql));
}

async function addRecord(unit: UnitOfWork, index: number): Promise<JournalEntry[]> {
  const id = `book-${(index * 7919) % 1_000_003}`;
  const value: JsonObject = {
    title: `The ${index}th book`,
    pages: index % 977,
    tags: ['moved', `shelf-${index % 13}`],
    ...(index % 50 === 0 ? TRICKY : {}),
  };
  const created = await unit.createObject(RECORDS, id, value);
  const written = [created];
  if (index % 7 === 0) written.push(await unit.updateObject(RECORDS, created.object, { ...value, updated: true }));
  if (index % 11 === 0) written.push(await unit.deleteObject(RECORDS, written.at(-1)!.object));
  const uri = `${RECORDS.parentId}/records/${id}`;
  for (const [permission, principal] of [
    ['write', `account:author-${index % 101}`],
    ['read', index % 3 === 0 ? 'system.Everyone' : `${BUCKET}/groups/readers`],
  ] as const) {
    const insert = 'INSERT INTO access_control_entries (object_id, permission, principal) VALUES (?, ?, ?)';
    await unit.sql.run(insert, [uri, permission, principal]);
  }
  const kept = await unit.createObject(HISTORY, `history-${index}`, { uri, action: 'create', target: { data: value } });
  return [...written.map((each, at) => entryOf(RECORDS, each, at)), entryOf(HISTORY, kept, 0)];
}

const ACTIONS = ['create', 'update', 'delete'] as const;

function entryOf(list: ObjectList, { object, position }: WrittenObject, at: number): JournalEntry {
  return {
    list,
    objectId: object.id,
    position,
    action: ACTIONS[at] ?? 'update',
    timestamp: object.lastModified,
    userId: at === 1 ? null : 'account:ärger',
    newText: object.text,
    oldText: at === 0 ? null : '{"id":"before"}',
    ...(at === 0 ? { principals: '{"before":[],"after":["system.Everyone"]}' } : {}),
  };
}

async function addTheRest(sql: SqlSession): Promise<void> {
  for (const [statement, values] of [
    ['INSERT INTO metadata (name, value) VALUES (?, ?)', ['app', '{"secret":"s"}']],
    ['INSERT INTO user_principals (user_id, principal) VALUES (?, ?)', ['account:alice', `${BUCKET}/groups/readers`]],
    ['INSERT INTO user_principals (user_id, principal) VALUES (?, ?)', ['account:Zoë', `${BUCKET}/groups/writers`]],
    ['INSERT INTO cursors (consumer, change_id) VALUES (?, ?)', ['webhook', 3]],
    ['INSERT INTO change_marks (at, change_id) VALUES (?, ?)', [1_700_000_000_000, 2]],
    ['INSERT INTO listener_states (consumer, failing_since, lost) VALUES (?, ?, ?)', ['webhook', 1_700_000_000_000, 0]],
    [
      'INSERT INTO dead_letters (consumer, delivery_id, stored_at, tries, error, content) VALUES (?, ?, ?, ?, ?, ?)',
      ['webhook', '1-2', 1_700_000_000_000, 5, 'it said "no"\n', '{"change":1}'],
    ],
    [
      'INSERT INTO channel_webhooks (app_id, url, body, created_at, tries) VALUES (?, ?, ?, ?, ?)',
      ['app', 'http://127.0.0.1/', '{"events":[]}', 1_700_000_000_000, 1],
    ],
    [
      'INSERT INTO listener_orders (consumer, verb, created_at) VALUES (?, ?, ?)',
      ['webhook', 'test', 1_700_000_000_000],
    ],
    // The last ones that were given out are gone: they must not be given again.
    ['DELETE FROM listener_orders WHERE consumer = ?', ['webhook']],
    ['DELETE FROM changes WHERE id > (SELECT max(id) - ? FROM changes)', [2]],
  ] as const) {
    await sql.run(statement, values);
  }
}
