import type { ListOptions, ObjectList, Selection, StorageView, UnitOfWork, WrittenObject } from '../storage/storage.js';
import type { JsonObject } from '../wire/json.js';
import type { StoredObject } from '../wire/stored-object.js';
import type { Exchange } from './exchange.js';

/**
 * A list that each caller has for themselves, or sees in a form of its own; made for one request. Whichever list the
 * endpoints of its resource ask for, it is this one that they read and write.
 */
export abstract class PrivateList {
  /** Beside those that the endpoint gives. */
  readonly options: ListOptions = {};

  /** Where it is kept, or the object of that id. */
  abstract listOf(id?: string): ObjectList;

  /** A live object as the caller sees it. */
  abstract shown(stored: StoredObject, view: StorageView): StoredObject | Promise<StoredObject>;

  /** @throws ApiError 400 for what nobody may filter or sort by */
  ensureMaySelect?(selection: Selection): void;

  findTimestamp(view: StorageView): Promise<number | undefined> {
    return view.findListTimestamp(this.listOf());
  }

  /** @throws ApiError for what is not to be written; as {@link UnitOfWork.createObject} otherwise */
  async create(unit: UnitOfWork, id: string, value: JsonObject): Promise<WrittenObject> {
    const { object, position } = await unit.createObject(this.listOf(id), id, value);
    return { object: await this.shown(object, unit), position };
  }

  /** @param previous as the caller saw it */
  async update(unit: UnitOfWork, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { object, position } = await unit.updateObject(this.listOf(previous.id), previous, value);
    return { object: await this.shown(object, unit), position };
  }

  /** @param previous as the caller saw it */
  delete(unit: UnitOfWork, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    return unit.deleteObject(this.listOf(previous.id), previous, suggested);
  }
}

/** The same request, over that list. */
export function exchangeOver(exchange: Exchange, list: PrivateList): Exchange {
  const unit = exchange.unit && new PrivateUnit(exchange.unit, list);
  return { ...exchange, view: unit ?? new PrivateView(exchange.view, list), unit };
}

class PrivateView implements StorageView {
  constructor(
    private readonly view: StorageView,
    protected readonly own: PrivateList,
  ) {}

  get sql() {
    return this.view.sql;
  }

  async findObject(_list: ObjectList, id: string): Promise<StoredObject | undefined> {
    const found = await this.view.findObject(this.own.listOf(id), id);
    return found && this.own.shown(found, this.view);
  }

  hasObject(_list: ObjectList, id: string): Promise<boolean> {
    return this.view.hasObject(this.own.listOf(id), id);
  }

  async listObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<StoredObject[]> {
    const { own, view } = this;
    own.ensureMaySelect?.(selection);
    const shown: StoredObject[] = [];
    for (const found of await view.listObjects(own.listOf(), selection, { ...options, ...own.options })) {
      shown.push(found.deleted ? found : await own.shown(found, view));
    }
    return shown;
  }

  async countObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<number> {
    this.own.ensureMaySelect?.(selection);
    return this.view.countObjects(this.own.listOf(), selection, { ...options, ...this.own.options });
  }

  findListTimestamp(): Promise<number | undefined> {
    return this.own.findTimestamp(this.view);
  }
}

class PrivateUnit extends PrivateView implements UnitOfWork {
  constructor(
    private readonly unit: UnitOfWork,
    own: PrivateList,
  ) {
    super(unit, own);
  }

  get id() {
    return this.unit.id;
  }

  createObject(_list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject> {
    return this.own.create(this.unit, id, value);
  }

  updateObject(_list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    return this.own.update(this.unit, previous, value);
  }

  deleteObject(_list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    return this.own.delete(this.unit, previous, suggested);
  }

  ensureListTimestamp(): Promise<number> {
    return this.unit.ensureListTimestamp(this.own.listOf());
  }

  deleteBelow(uri: string): Promise<void> {
    return this.unit.deleteBelow(uri);
  }

  deleteEverything(): Promise<void> {
    return this.unit.deleteEverything();
  }

  nested<T>(work: () => Promise<T>): Promise<T> {
    return this.unit.nested(work);
  }

  onceDurable(callback: () => void): void {
    this.unit.onceDurable(callback);
  }
}
