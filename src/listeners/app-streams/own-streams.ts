import { PrivateList } from '../../resources/private-list.js';
import { bodyProblem } from '../../resources/write-body.js';
import type { ObjectList, Selection, StorageView, UnitOfWork, WrittenObject } from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';
import { streamPlaces } from './stream-places.js';
import { ensureSameKey, SHOWN_ONLY, streamList } from './stream.definition.js';

/** Whose streams, what is said of each that is not stored with it, and how many there may be. */
export interface StreamsOwner {
  readonly owner: string;
  readonly endpoint: string;
  readonly connected: (key: string) => number;
  readonly most: number;
}

const ALL: Selection = { filters: [], sort: [], limit: 1, includeDeleted: false };

/** One user's streams, as the API shows them: to anybody else there are others, or none. */
export class OwnStreams extends PrivateList {
  constructor(private readonly whose: StreamsOwner) {
    super();
  }

  listOf(): ObjectList {
    return streamList(this.whose.owner);
  }

  async shown({ id, lastModified, value }: StoredObject, view: StorageView): Promise<StoredObject> {
    const { owner, endpoint, connected } = this.whose;
    const { acked, sent } = await streamPlaces.find(view, owner, id);
    return StoredObject.of(id, lastModified, {
      ...value,
      ...{ endpoint, position: sent ?? null, acked: acked ?? null, connected: connected(id) },
    });
  }

  override async create(unit: UnitOfWork, id: string, value: JsonObject): Promise<WrittenObject> {
    const { most } = this.whose;
    if ((await unit.countObjects(this.listOf(), ALL)) >= most) {
      const message = 'You have as many streams as you may have.';
      throw new ApiError('FORBIDDEN', { message, details: { limit: most } });
    }
    if (value.object_types === undefined) throw invalidParameters([bodyProblem('data.object_types', 'Required')]);
    return super.create(unit, id, stored(id, value));
  }

  override async update(unit: UnitOfWork, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    return super.update(unit, previous, stored(previous.id, value));
  }

  override async delete(unit: UnitOfWork, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    await streamPlaces.forget(unit, this.whose.owner, previous.id);
    return super.delete(unit, previous, suggested);
  }
}

/** What its owner has said, and nothing that only the server says. */
function stored(id: string, value: JsonObject): JsonObject {
  ensureSameKey(value.key, id);
  const kept: JsonObject = { ...value, key: id };
  for (const name of SHOWN_ONLY) delete kept[name];
  return kept;
}
