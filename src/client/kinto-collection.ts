import { LiveList } from './live-list.js';
import type { LiveChange, LiveListOptions, LiveObject } from './live-options.js';

interface LocalRecord extends LiveObject {
  readonly _status?: string;
}

/** What importing hands its results to. */
interface Results {
  add(type: string, entries: unknown): Results;
  reset(type: string): Results;
}

/** What is used of a collection of kinto.js 13 or later. */
export interface KintoCollection {
  readonly name: string;
  readonly bucket: string;
  readonly lastModified: number | null;
  readonly api: { readonly remote: string; readonly _headers?: Readonly<Record<string, string>> };
  readonly db: {
    getLastModified(): Promise<number | null>;
    saveLastModified(lastModified: number): Promise<number | null>;
  };
  list(params: object, options: { includeDeleted: boolean }): Promise<{ readonly data: readonly object[] }>;
  getAny(id: string): Promise<{ readonly data?: object | undefined }>;
  importChanges(results: never, changes: never, strategy?: string): Promise<unknown>;
  applyHook(name: string, payload: object): Promise<object>;
}

export interface KintoCollectionOptions extends Omit<
  LiveListOptions,
  'onSnapshot' | 'onChange' | 'position' | 'since'
> {
  /** What becomes of a record that was changed here as well: a `Kinto.syncStrategy`; by default it is left to `sync`. */
  readonly strategy?: string;
  /** These records were changed here or on the server, or both; read them again. */
  onRecords?(ids: readonly string[]): void;
  /** Records that were changed on both sides, which no strategy was given for: `sync` deals with them. */
  onConflicts?(conflicts: readonly unknown[]): void;
}

/**
 * Keeps a collection of kinto.js in step with the server: what others write is in it the moment it is committed. What is
 * written here is still pushed by `collection.sync()`, which works as ever beside it.
 */
export function liveCollection(collection: KintoCollection, options: KintoCollectionOptions = {}): Promise<LiveList> {
  return new LiveCollection(collection, options).open();
}

/** kinto.js keeps a deletion that `sync` has not pushed yet under this status. */
const SYNCED = 'synced';

class LiveCollection {
  /** The timestamp of a conflict: `sync` must find it again, so nothing beyond it is said to be known. */
  private conflictAt: number | undefined;

  constructor(
    private readonly collection: KintoCollection,
    private readonly options: KintoCollectionOptions,
  ) {}

  async open(): Promise<LiveList> {
    const { api, bucket, name, db } = this.collection;
    const part = encodeURIComponent;
    const url = `${api.remote}/buckets/${part(bucket)}/collections/${part(name)}/records`;
    const since = this.collection.lastModified ?? (await db.getLastModified()) ?? undefined;
    return new LiveList(url, {
      headers: () => api._headers ?? {},
      ...this.options,
      since,
      onSnapshot: (objects) => this.replaceAll(objects),
      onChange: (change) => this.apply(change),
    });
  }

  private async apply({ action, data, timestamp }: LiveChange): Promise<void> {
    const { data: local } = (await this.collection.getAny(data.id)) as { data?: LocalRecord };
    // Another reader's deletion and one's own loss of the right to read are the same here: the record goes.
    const change = action === 'leave' ? gone(data.id, timestamp ?? local?.last_modified ?? 0) : data;
    // `sync`, which runs beside this, has brought it or something newer already.
    const isKnown = action !== 'leave' && (local?.last_modified ?? -1) >= change.last_modified;
    if (!isKnown) await this.take([change]);
    if (change.last_modified > 0) await this.remember(change.last_modified);
  }

  /** What is here and not there has been deleted at some time that nobody remembers. */
  private async replaceAll(objects: readonly LiveObject[]): Promise<void> {
    const there = new Set(objects.map(({ id }) => id));
    const { data } = await this.collection.list({}, { includeDeleted: true });
    const left = (data as readonly LocalRecord[]).filter(({ id, _status }) => _status === SYNCED && !there.has(id));
    await this.take([...left.map(({ id, last_modified }) => gone(id, last_modified)), ...objects]);
    const newest = objects.reduce((latest, object) => Math.max(latest, object.last_modified), 0);
    if (newest > 0) await this.remember(newest);
  }

  private async take(changes: readonly LiveObject[]): Promise<void> {
    if (changes.length === 0) return;
    const lastModified = Math.max(...changes.map((change) => change.last_modified));
    const decoded = await this.decode(changes);
    const hooked = await this.collection.applyHook('incoming-changes', { lastModified, changes: decoded });
    const results = new Gathered();
    const imported = (hooked as { changes: readonly LiveObject[] }).changes;
    await this.collection.importChanges(results as never, imported as never, this.options.strategy);
    if (results.errors.length > 0) throw new Error(String((results.errors[0] as { message?: string }).message));
    if (results.conflicts.length > 0) {
      this.conflictAt ??= lastModified;
      this.options.onConflicts?.(results.conflicts);
    }
    this.options.onRecords?.(changes.map(({ id }) => id));
  }

  /** The collection's own remote transformers, newest first, as `sync` applies them. */
  private async decode(changes: readonly LiveObject[]): Promise<readonly LiveObject[]> {
    const decoding = this.collection as { _decodeRecord?(type: string, record: LiveObject): Promise<LiveObject> };
    if (decoding._decodeRecord === undefined) return changes;
    return Promise.all(changes.map((change) => decoding._decodeRecord!('remote', change)));
  }

  /** So that the next `sync` asks only for what comes after. */
  private async remember(lastModified: number): Promise<void> {
    const { db } = this.collection;
    const known = this.collection.lastModified ?? (await db.getLastModified()) ?? 0;
    if (this.conflictAt !== undefined && known >= this.conflictAt) this.conflictAt = undefined;
    if (this.conflictAt !== undefined || known >= lastModified) return;
    await db.saveLastModified(lastModified);
    // `sync` looks here before it looks into its database.
    (this.collection as { _lastModified?: number })._lastModified = lastModified;
  }
}

function gone(id: string, lastModified: number): LiveObject {
  return { id, last_modified: lastModified, deleted: true };
}

/** kinto.js does not export its own. */
class Gathered implements Results {
  readonly errors: unknown[] = [];
  conflicts: unknown[] = [];

  add(type: string, entries: unknown): this {
    const list = Array.isArray(entries) ? entries : [entries];
    if (type === 'errors') this.errors.push(...(list as unknown[]));
    if (type === 'conflicts') this.conflicts.push(...(list as unknown[]));
    return this;
  }

  reset(type: string): this {
    if (type === 'conflicts') this.conflicts = [];
    return this;
  }
}
