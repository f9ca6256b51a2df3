import { bodyProblem } from '../../resources/write-body.js';
import type {
  ListOptions,
  ObjectList,
  Selection,
  StorageView,
  UnitOfWork,
  WrittenObject,
} from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';
import { streamPlaces } from './stream-places.js';
import { ensureSameKey, SHOWN_ONLY, streamList } from './stream.definition.js';

/** Whose streams are shown, and what is said of each that is not stored with it. */
export interface StreamsShowing {
  readonly owner: string;
  readonly endpoint: string;
  readonly connected: (key: string) => number;
}

/** One user's streams, as the API shows them: to anybody else there are others, or none. */
export class StreamsView implements StorageView {
  constructor(
    private readonly view: StorageView,
    protected readonly showing: StreamsShowing,
  ) {}

  get sql() {
    return this.view.sql;
  }

  async findObject(_list: ObjectList, id: string): Promise<StoredObject | undefined> {
    const found = await this.view.findObject(this.list, id);
    return found === undefined ? undefined : this.shown(found);
  }

  hasObject(_list: ObjectList, id: string): Promise<boolean> {
    return this.view.hasObject(this.list, id);
  }

  async listObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<StoredObject[]> {
    const shown: StoredObject[] = [];
    for (const found of await this.view.listObjects(this.list, selection, options)) shown.push(await this.shown(found));
    return shown;
  }

  countObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<number> {
    return this.view.countObjects(this.list, selection, options);
  }

  findListTimestamp(): Promise<number | undefined> {
    return this.view.findListTimestamp(this.list);
  }

  protected get list(): ObjectList {
    return streamList(this.showing.owner);
  }

  protected async shown(stream: StoredObject): Promise<StoredObject> {
    if (stream.deleted) return stream;
    const { owner, endpoint, connected } = this.showing;
    const { acked, sent } = await streamPlaces.find(this.view, owner, stream.id);
    return StoredObject.of(stream.id, stream.lastModified, {
      ...stream.value,
      ...{ endpoint, position: sent ?? null, acked: acked ?? null, connected: connected(stream.id) },
    });
  }
}

const ALL: Selection = { filters: [], sort: [], limit: 1, includeDeleted: false };

/** The same, to write to. */
export class StreamsUnit extends StreamsView implements UnitOfWork {
  /** @param most how many one user may have */
  constructor(
    private readonly unit: UnitOfWork,
    showing: StreamsShowing,
    private readonly most: number,
  ) {
    super(unit, showing);
  }

  get id() {
    return this.unit.id;
  }

  async createObject(_list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject> {
    if ((await this.unit.countObjects(this.list, ALL)) >= this.most) {
      const message = 'You have as many streams as you may have.';
      throw new ApiError('FORBIDDEN', { message, details: { limit: this.most } });
    }
    if (value.object_types === undefined) throw invalidParameters([bodyProblem('data.object_types', 'Required')]);
    const { object, position } = await this.unit.createObject(this.list, id, stored(id, value));
    return { object: await this.shown(object), position };
  }

  async updateObject(_list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { object, position } = await this.unit.updateObject(this.list, previous, stored(previous.id, value));
    return { object: await this.shown(object), position };
  }

  async deleteObject(_list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    await streamPlaces.forget(this.unit, this.showing.owner, previous.id);
    return this.unit.deleteObject(this.list, previous, suggested);
  }

  ensureListTimestamp(): Promise<number> {
    return this.unit.ensureListTimestamp(this.list);
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

/** What its owner has said, and nothing that only the server says. */
function stored(id: string, value: JsonObject): JsonObject {
  ensureSameKey(value.key, id);
  const kept: JsonObject = { ...value, key: id };
  for (const name of SHOWN_ONLY) delete kept[name];
  return kept;
}
