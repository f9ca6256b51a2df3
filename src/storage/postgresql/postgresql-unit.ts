import { ApiError } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import { StoredObject } from '../../wire/stored-object.js';
import { SqlView } from '../sql-view.js';
import type { ListOptions, ObjectList, Selection, UnitOfWork, WrittenObject } from '../storage.js';
import { laterThan, suggestionIn } from '../suggestion.js';
import type { ListNumbers } from './list-numbers.js';
import { NestedWork } from './nested-work.js';
import type { PostgresqlSession } from './postgresql-session.js';
import { SeenObjects } from './seen-objects.js';
import { isStorable, toTimestamp } from './timestamps.js';

/** Only a tombstone may be written over; a live object of that id changes nothing, and so zero rows. */
const CREATE = `INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted, change_n, change_salt)
  VALUES (?, ?, ?, ?, ?, FALSE, ?, ?)
  ON CONFLICT (id, parent_id, resource_name) DO UPDATE SET last_modified = excluded.last_modified,
  data = excluded.data, deleted = FALSE, change_n = excluded.change_n, change_salt = excluded.change_salt
  WHERE objects.deleted`;

const KEY = 'parent_id = ? AND resource_name = ? AND id = ? AND NOT deleted';

const REPLACE = `UPDATE objects SET last_modified = ?, data = ?, change_n = ?, change_salt = ? WHERE ${KEY}`;

const BURY = `UPDATE objects SET deleted = TRUE, last_modified = ?, data = ?, change_n = ?, change_salt = ? WHERE ${KEY}`;

/** Only the version that was read: what somebody else has written since is not lost. */
const AS_READ = ' AND last_modified = ?';

/** A range instead of LIKE: `_` and `%` in ids are only characters here (kinto-api.md, 2.6 shows the loss otherwise). */
const BELOW = 'parent_id = ? OR (parent_id >= ? AND parent_id < ?)';

/** What a unit works with besides its session. */
export interface UnitParts {
  readonly counter: ListNumbers;
  /** Lists whose counter rows this transaction has locked: nobody else writes to them. */
  readonly locked: readonly ObjectList[];
}

/**
 * A unit among others that run beside it. What it reads may change before it writes; where that shows, it is run again
 * ({@link PostgresqlSession.runAgain}), so that to its caller it is as if it had been alone.
 */
export class PostgresqlUnit extends SqlView<ListNumbers> implements UnitOfWork {
  private readonly callbacks: (() => void)[] = [];
  private readonly written = new Map<string, ObjectList>();
  private readonly locked: ReadonlySet<string>;
  private readonly seen: SeenObjects;
  private readonly work: NestedWork;

  constructor(
    readonly id: string,
    private readonly session: PostgresqlSession,
    { counter, locked }: UnitParts,
  ) {
    super(session, counter);
    this.locked = new Set(locked.map(keyOf));
    this.seen = new SeenObjects(session);
    this.work = new NestedWork(session);
  }

  /** The lists that it wrote to, or tried to. */
  get touched(): readonly ObjectList[] {
    return [...this.written.values()];
  }

  override async findObject(list: ObjectList, id: string): Promise<StoredObject | undefined> {
    const found = this.session.state.above.find(list, id) ?? (await super.findObject(list, id));
    this.seen.note(list, id, found !== undefined);
    return found;
  }

  override async hasObject(list: ObjectList, id: string): Promise<boolean> {
    const has = this.session.state.above.find(list, id) !== undefined || (await super.hasObject(list, id));
    this.seen.note(list, id, has);
    return has;
  }

  /** What it goes by must stay as it is: the list is its own until the end. */
  override async listObjects(list: ObjectList, selection: Selection, options?: ListOptions): Promise<StoredObject[]> {
    await this.findListTimestamp(list);
    return super.listObjects(list, selection, options);
  }

  override async findListTimestamp(list: ObjectList): Promise<number | undefined> {
    return this.session.state.counters.find(list)?.lastModified ?? this.counter.find(this.session, list, true);
  }

  async createObject(list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject> {
    const { timestamp, position } = await this.next(list, suggestionIn(value));
    const object = StoredObject.of(id, timestamp, value);
    await this.insert(list, object, position);
    this.seen.forget(list, id);
    return { object, position };
  }

  async updateObject(list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { timestamp, position } = await this.next(list, laterThan(previous, suggestionIn(value)));
    const object = StoredObject.of(previous.id, timestamp, value);
    await this.replace(REPLACE, list, previous, { object, position });
    return { object, position };
  }

  async deleteObject(list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    const { timestamp, position } = await this.next(list, laterThan(previous, suggested));
    const object = StoredObject.tombstone(previous.id, timestamp);
    await this.replace(BURY, list, previous, { object, position });
    this.seen.forget(list, previous.id);
    return { object, position };
  }

  async ensureListTimestamp(list: ObjectList): Promise<number> {
    this.written.set(keyOf(list), list);
    return this.session.state.counters.find(list)?.lastModified ?? this.counter.ensure(this.session, list);
  }

  /** First the counter rows: whoever is writing below has one locked, and is waited for before the objects are looked at. */
  async deleteBelow(uri: string): Promise<void> {
    const range = [uri, `${uri}/`, `${uri}0`]; // `0` is the character after `/`.
    await this.counter.remove(this.session, BELOW, range);
    await this.session.run(`DELETE FROM objects WHERE ${BELOW}`, range);
    this.seen.forgetBelow(uri);
  }

  async deleteEverything(): Promise<void> {
    await this.counter.remove(this.session, 'TRUE', []);
    await this.session.run('DELETE FROM objects');
    this.seen.forgetBelow('');
  }

  async nested<T>(work: () => Promise<T>): Promise<T> {
    const mark = this.callbacks.length;
    try {
      return await this.work.run(work);
    } catch (error) {
      this.callbacks.length = mark;
      throw error;
    }
  }

  onceDurable(callback: () => void): void {
    this.callbacks.push(callback);
  }

  /** @throws Error when something nested in it was not awaited */
  ensureComplete(): void {
    this.work.ensureNone();
  }

  /** To be called when it is. */
  tellDurable(): void {
    for (const callback of this.callbacks) callback();
  }

  private async next(list: ObjectList, suggested: number | undefined) {
    this.written.set(keyOf(list), list);
    if (suggested !== undefined && !isStorable(suggested)) throw new ApiError('CONSTRAINT_VIOLATED');
    const { counters, isShared } = this.session.state;
    const isHeld = counters.find(list) !== undefined;
    if (isShared && !isHeld) this.session.leaveOthers();
    const numbered = await this.counter.next(this.session, list, suggested);
    // The first change of a list: had its parent been deleted meanwhile, there would have been no row to wait for.
    if (numbered.position.n === 1 && !isHeld) await this.seen.ensureStillThere();
    return numbered;
  }

  private async insert(list: ObjectList, object: StoredObject, position: Position): Promise<void> {
    const { id, lastModified, dataText } = object;
    const { parentId, resourceName } = list;
    const { pending, defers } = this.session.state;
    if (defers && !pending.hasObject(parentId, resourceName, id)) {
      pending.addObject(list, object, position);
      if (pending.isLarge) await this.session.sendPending();
      return;
    }
    const values = [id, parentId, resourceName, toTimestamp(lastModified), dataText, position.n, position.salt];
    if ((await this.session.run(CREATE, values)) > 0) return;
    if (this.seen.wasMissing(list, id)) this.session.runAgain('the object was created meanwhile');
    throw new ApiError('CONSTRAINT_VIOLATED');
  }

  private async replace(
    statement: string,
    list: ObjectList,
    previous: StoredObject,
    { object, position }: { object: StoredObject; position: Position },
  ): Promise<void> {
    const { parentId, resourceName } = list;
    const values = [toTimestamp(object.lastModified), object.dataText, position.n, position.salt];
    const key = [parentId, resourceName, object.id];
    const { pending, above } = this.session.state;
    if (pending.hasObject(parentId, resourceName, object.id)) await this.session.sendPending();
    above.forget(list, object.id);
    if (this.locked.has(keyOf(list))) {
      const { rowCount } = await this.session.beside(statement, [...values, ...key]);
      if (rowCount === 0) throw new ApiError('CONSTRAINT_VIOLATED');
      return;
    }
    const asRead = [...values, ...key, toTimestamp(previous.lastModified)];
    if (((await this.session.beside(statement + AS_READ, asRead)).rowCount ?? 0) > 0) return;
    this.session.runAgain('the object was changed meanwhile');
  }
}

function keyOf({ parentId, resourceName }: ObjectList): string {
  return `${parentId} ${resourceName}`;
}
