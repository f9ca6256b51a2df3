import { journal } from '../../storage/journal.js';
import type { SqlSession } from '../../storage/sql-session.js';
import type { StorageView } from '../../storage/storage.js';
import type { FeedSource, PlacedChange } from './feed-source.js';

/** A place in the whole log, in the order of commits: `epoch-id.salt`. */
interface GlobalPosition {
  readonly epoch: string;
  readonly id: number;
  /** Of that change: it tells a log that was restored from a backup from the one that went on. */
  readonly salt: number;
}

interface Row {
  readonly id: number;
  readonly salt: number;
}

const SALT = 'SELECT id, salt FROM changes WHERE id = ?';
const OLDEST = 'SELECT id, salt FROM changes ORDER BY id LIMIT 1';
const NEWEST = 'SELECT id, salt FROM changes ORDER BY id DESC LIMIT 1';

/** The whole log. Whatever of it is shown, its positions are the same. */
export class GlobalSource implements FeedSource {
  /** @param epoch of this database */
  constructor(private readonly epoch: string) {}

  isPosition(text: string): boolean {
    return parse(text) !== undefined;
  }

  async top({ sql }: StorageView): Promise<string> {
    return this.format(await find(sql, NEWEST));
  }

  async earliest({ sql }: StorageView): Promise<string> {
    const oldest = await find(sql, OLDEST);
    return this.format(oldest === undefined ? undefined : { id: oldest.id - 1, salt: 0 });
  }

  async findReasonToReset({ sql }: StorageView, text: string): Promise<'new_history' | 'expired' | undefined> {
    const { epoch, id, salt } = get(text);
    const newest = await find(sql, NEWEST);
    if (epoch !== this.epoch || (newest !== undefined && id > newest.id)) return 'new_history';
    const own = await sql.first<Row>(SALT, [id]);
    if (own !== undefined) return own.salt === salt ? undefined : 'new_history';
    const oldest = await find(sql, OLDEST);
    // Before everything that there is: nothing is missing if that begins right after it.
    const isComplete = oldest === undefined ? id === 0 : id === oldest.id - 1;
    return isComplete ? undefined : 'expired';
  }

  async readAfter({ sql }: StorageView, text: string, limit: number): Promise<PlacedChange[]> {
    const changes = await journal.readAfter(sql, get(text).id, limit);
    return changes.map((change) => ({ position: this.format({ id: change.id, salt: change.position.salt }), change }));
  }

  private format(row: Row | undefined): string {
    return `${this.epoch}-${row?.id ?? 0}.${(row?.salt ?? 0).toString(16).padStart(4, '0')}`;
  }
}

async function find(sql: SqlSession, statement: string): Promise<Row | undefined> {
  await sql.placeChanges?.();
  return sql.first<Row>(statement);
}

function parse(text: string): GlobalPosition | undefined {
  const match = /^([0-9a-z]{1,32})-(\d{1,15})\.([0-9a-f]{4})$/.exec(text);
  return match === null ? undefined : { epoch: match[1]!, id: Number(match[2]), salt: parseInt(match[3]!, 16) };
}

function get(text: string): GlobalPosition {
  const position = parse(text);
  if (position === undefined) throw new Error(`${text} is no position`);
  return position;
}
