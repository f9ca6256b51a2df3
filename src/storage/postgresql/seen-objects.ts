import type { ObjectList } from '../storage.js';
import type { PostgresqlSession } from './postgresql-session.js';

interface Seen {
  readonly list: ObjectList;
  readonly id: string;
  readonly isThere: boolean;
}

/** Until the commit nobody can delete it. */
const HOLD = `SELECT 1 AS one FROM objects
  WHERE parent_id = ? AND resource_name = ? AND id = ? AND NOT deleted FOR SHARE`;

/** Which objects a unit has seen to be there, or not to be: what it does depends on that. */
export class SeenObjects {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly session: PostgresqlSession) {}

  note(list: ObjectList, id: string, isThere: boolean): void {
    this.seen.set(keyOf(list, id), { list, id, isThere });
  }

  wasMissing(list: ObjectList, id: string): boolean {
    return this.seen.get(keyOf(list, id))?.isThere === false;
  }

  /** The unit has changed it itself. */
  forget(list: ObjectList, id: string): void {
    this.seen.delete(keyOf(list, id));
  }

  forgetBelow(uri: string): void {
    for (const [key, { list }] of this.seen) {
      if (list.parentId === uri || list.parentId.startsWith(`${uri}/`) || uri === '') this.seen.delete(key);
    }
  }

  /** Those that were there are there until the unit ends; where one has gone, the unit runs again. */
  async ensureStillThere(): Promise<void> {
    for (const { list, id, isThere } of this.seen.values()) {
      if (!isThere) continue;
      const held = await this.session.first(HOLD, [list.parentId, list.resourceName, id]);
      if (held === undefined) this.session.runAgain('an object was deleted meanwhile');
    }
  }
}

function keyOf({ parentId, resourceName }: ObjectList, id: string): string {
  return `${resourceName} ${parentId} ${id}`;
}
