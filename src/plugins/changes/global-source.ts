import { journal } from '../../storage/journal.js';
import { logPoints, type LogPoint } from '../../storage/log-points.js';
import type { StorageView } from '../../storage/storage.js';
import type { FeedSource, PlacedChange } from './feed-source.js';

/** A place in the whole log, in the order of commits: `epoch-id.salt`. */
interface GlobalPosition extends LogPoint {
  readonly epoch: string;
}

/** The whole log. Whatever of it is shown, its positions are the same. */
export class GlobalSource implements FeedSource {
  /** @param epoch of this database */
  constructor(private readonly epoch: string) {}

  isPosition(text: string): boolean {
    return parse(text) !== undefined;
  }

  async top({ sql }: StorageView): Promise<string> {
    await sql.placeChanges?.();
    return this.format(await logPoints.newest(sql));
  }

  async earliest({ sql }: StorageView): Promise<string> {
    await sql.placeChanges?.();
    const oldest = await logPoints.oldest(sql);
    return this.format(oldest === undefined ? undefined : { id: oldest.id - 1, salt: 0 });
  }

  async findReasonToReset({ sql }: StorageView, text: string): Promise<'new_history' | 'expired' | undefined> {
    const { epoch, id, salt } = get(text);
    await sql.placeChanges?.();
    const newest = await logPoints.newest(sql);
    if (epoch !== this.epoch || (newest !== undefined && id > newest.id)) return 'new_history';
    const own = await logPoints.findSalt(sql, id);
    if (own !== undefined) return own === salt ? undefined : 'new_history';
    return (await logPoints.beginsAfter(sql, id)) ? undefined : 'expired';
  }

  async readAfter({ sql }: StorageView, text: string, limit: number): Promise<PlacedChange[]> {
    const changes = await journal.readAtMost(sql, get(text).id, limit);
    return changes.map((change) => ({ position: this.format({ id: change.id, salt: change.position.salt }), change }));
  }

  /** About how many changes lie between the two. */
  distance(from: string, to: string): number {
    return (parse(to)?.id ?? 0) - (parse(from)?.id ?? 0);
  }

  private format(point: LogPoint | undefined): string {
    return `${this.epoch}-${point?.id ?? 0}.${(point?.salt ?? 0).toString(16).padStart(4, '0')}`;
  }
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
