import { StoredObject } from '../../wire/stored-object.js';
import type { ObjectList } from '../storage.js';

/** An object above a list, or nothing. */
export interface AboveRow {
  readonly above_parent_id: string | null;
  readonly above_resource_name: string | null;
  readonly above_id: string | null;
  readonly above_last_modified: number | null;
  readonly above_data: string | null;
}

/** The objects that lists belong to: nearly every write asks for its own, so they are read once for a transaction. */
export class ObjectsAbove {
  private readonly objects = new Map<string, StoredObject>();

  hold(row: AboveRow): void {
    const { above_parent_id: parentId, above_resource_name: resourceName, above_id: id } = row;
    const { above_last_modified: lastModified, above_data: data } = row;
    if (parentId === null || resourceName === null || id === null || lastModified === null || data === null) return;
    this.objects.set(keyOf({ parentId, resourceName }, id), new StoredObject(id, lastModified, data));
  }

  find(list: ObjectList, id: string): StoredObject | undefined {
    return this.objects.size === 0 ? undefined : this.objects.get(keyOf(list, id));
  }

  /** It is about to change. */
  forget(list: ObjectList, id: string): void {
    this.objects.delete(keyOf(list, id));
  }

  forgetIn(list: ObjectList): void {
    const prefix = keyOf(list, '');
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) this.objects.delete(key);
  }

  forgetAll(): void {
    this.objects.clear();
  }
}

/** The id and the parent of the object that a list belongs to, as far as its parent's URI tells. */
export function aboveOf({ parentId }: ObjectList): readonly [id: string, parentId: string] | readonly [] {
  const segments = parentId.split('/');
  return segments.length > 2 ? [segments.at(-1)!, segments.slice(0, -2).join('/')] : [];
}

function keyOf({ parentId, resourceName }: ObjectList, id: string): string {
  return `${resourceName} ${parentId} ${id}`;
}
