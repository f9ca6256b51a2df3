import { globPattern } from '../wire/glob.js';
import type { CommittedChange } from './resource-change.js';

/** What a listener asked for; an empty list means all. */
export interface WantedChanges {
  /** `create`, `update`, `delete`; these are never all. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Globs of bucket ids. */
  readonly buckets: readonly string[];
  /** Globs of collection ids; what is in no collection and is none has no part in it. */
  readonly collections: readonly string[];
}

/** Which changes a listener hears of. */
export class ListenerFilter {
  private readonly actions: ReadonlySet<string>;
  private readonly resources: ReadonlySet<string>;
  private readonly places: readonly Place[];

  constructor({ actions, resources, buckets, collections }: WantedChanges) {
    this.actions = new Set(actions);
    this.resources = new Set(resources);
    const places = { bucket: buckets, collection: collections };
    this.places = Object.entries(places)
      .filter(([, globs]) => globs.length > 0)
      .map(([resourceName, globs]) => ({ resourceName, patterns: globs.map(globPattern) }));
  }

  /** The change with those of its objects that are wanted; `undefined` when none is. */
  narrow(change: CommittedChange): CommittedChange | undefined {
    const { action, resourceName } = change;
    if (!this.actions.has(action)) return undefined;
    if (this.resources.size > 0 && !this.resources.has(resourceName)) return undefined;
    let narrowed = change;
    for (const place of this.places) {
      // The object itself may be the bucket or the collection in question.
      if (resourceName === place.resourceName) {
        const impacted = narrowed.impacted.filter(({ id }) => isIn(place, id));
        if (impacted.length === 0) return undefined;
        if (impacted.length < narrowed.impacted.length) narrowed = { ...narrowed, impacted };
      } else if (!isIn(place, change.parentParts[`${place.resourceName}_id`])) {
        return undefined;
      }
    }
    return narrowed;
  }
}

interface Place {
  readonly resourceName: string;
  readonly patterns: readonly RegExp[];
}

function isIn({ patterns }: Place, id: string | undefined): boolean {
  return id !== undefined && patterns.some((pattern) => pattern.test(id));
}
