import type { LiveRights } from './live-access.js';
import type { LiveChange, Match } from './live-change.js';
import type { LiveQuery } from './live-query.js';

/** What of a list somebody sees: what they may read and their filters select. */
export class Sight {
  /** Of a partial view: the objects that were readable at the last change. */
  private visible: Set<string>;

  constructor(private rights: LiveRights) {
    this.visible = new Set(rights.onlyIds);
  }

  /** Whether they see only what is shared with them: which that is, only the database knows. */
  get isPartial(): boolean {
    return this.rights.onlyIds !== undefined;
  }

  get mayWrite(): boolean {
    return this.rights.mayWrite;
  }

  /** What they may read now; what they have seen stays what it was. */
  change(rights: LiveRights): void {
    this.rights = rights;
  }

  /** Nothing is shared with them any more. */
  blind(): void {
    this.rights = { ...this.rights, onlyIds: new Set() };
  }

  /** They read the list anew. */
  restart(): void {
    this.visible = new Set(this.rights.onlyIds);
  }

  /** Whether objects were shared, or are no more, without a change of theirs: by way of a group. */
  hasOtherObjects(): boolean {
    const { onlyIds } = this.rights;
    if (onlyIds === undefined) return false;
    return onlyIds.size !== this.visible.size || [...onlyIds].some((id) => !this.visible.has(id));
  }

  /** The truth table of seed-systems.md, 7.3. `undefined`: the change is not theirs to hear of. */
  match(change: LiveChange, query: LiveQuery): Match | undefined {
    const { objectId, action } = change.logged;
    let [was, is] = change.fits(query);
    const { onlyIds } = this.rights;
    if (onlyIds !== undefined) {
      was &&= this.visible.has(objectId);
      is &&= onlyIds.has(objectId);
      if (onlyIds.has(objectId) && action !== 'delete') this.visible.add(objectId);
      else this.visible.delete(objectId);
    }
    if (is) return was ? 'stay' : 'enter';
    return was ? 'leave' : undefined;
  }
}
