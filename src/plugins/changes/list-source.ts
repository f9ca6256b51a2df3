import { listHistory } from '../../storage/list-history.js';
import type { ObjectList, StorageView } from '../../storage/storage.js';
import { formatPosition, parsePosition, type Position } from '../../wire/position.js';
import type { FeedSource, PlacedChange } from './feed-source.js';

/** The changes of one list, by its own positions: those that its answers and its live list have. */
export class ListSource implements FeedSource {
  constructor(private readonly list: ObjectList) {}

  isPosition(text: string): boolean {
    return parsePlain(text) !== undefined;
  }

  async top({ sql }: StorageView): Promise<string> {
    await sql.placeChanges?.();
    return formatPosition(await listHistory.top(sql, this.list));
  }

  async earliest({ sql }: StorageView): Promise<string> {
    await sql.placeChanges?.();
    const top = await listHistory.top(sql, this.list);
    const [first] = await listHistory.readAfter(sql, this.list, { epoch: top.epoch, n: 0 }, 1);
    return formatPosition(first === undefined ? top : { epoch: top.epoch, n: first.position.n - 1, salt: 0 });
  }

  async findReasonToReset({ sql }: StorageView, text: string): Promise<'new_history' | 'expired' | undefined> {
    await sql.placeChanges?.();
    const position = getPlain(text);
    const top = await listHistory.top(sql, this.list);
    if (position.epoch !== top.epoch || position.n > top.n) return 'new_history';
    const salt = await listHistory.findSalt(sql, this.list, position);
    if (salt !== undefined && salt !== position.salt) return 'new_history';
    if (top.n === position.n) return undefined;
    const [first] = await listHistory.readAfter(sql, this.list, position, 1);
    return first?.position.n === position.n + 1 ? undefined : 'expired';
  }

  async readAfter({ sql }: StorageView, text: string, limit: number): Promise<PlacedChange[]> {
    await sql.placeChanges?.();
    const changes = await listHistory.readAfter(sql, this.list, getPlain(text), limit);
    return changes.map((change) => ({
      position: formatPosition(change.position),
      change: { ...change, list: this.list },
    }));
  }
}

/** Also that of a partial view, as a list's answer has it: here each change is looked at by itself. */
function parsePlain(text: string): Position | undefined {
  return parsePosition(text.endsWith('.s') ? text.slice(0, -2) : text);
}

function getPlain(text: string): Position {
  const position = parsePlain(text);
  if (position === undefined) throw new Error(`${text} is no position`);
  return position;
}
