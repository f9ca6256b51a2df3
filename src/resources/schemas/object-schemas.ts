import type { StorageView } from '../../storage/storage.js';
import { isJsonObject, type JsonObject } from '../../wire/json.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { findAbove } from '../object-above.js';
import type { SchemaSource } from '../resource-definition.js';
import type { ResourcePlace } from '../resource-place.js';
import { AppliedSchema } from './applied-schema.js';

/** How many characters the texts of the objects that hold remembered schemas may have together: about 30 MB. */
const MAX_REMEMBERED_CHARACTERS = 2_000_000;

/** In Kinto's words: its tests compare them (kinto-api.md, 1.3). */
export const SCHEMA_CAPABILITY = {
  description: 'Validates collection records with JSON schemas.',
  url: 'https://kinto.readthedocs.io/en/latest/api/1.x/collections.html#collection-json-schema',
};

/** Attributes that the server sets; the schema does not see them. */
const INTERNAL = ['last_modified'];

/** Checks objects against the schemas that the objects above them give (kinto-api.md, 11). */
export class ObjectSchemas {
  /** By the attribute and the text of the object it stands in; in the order of their last use. */
  private readonly remembered = new Map<string, AppliedSchema>();
  private rememberedCharacters = 0;

  /**
   * @param parent the object directly above, if somebody has looked it up already
   * @returns the value to store: with the stamp of the schema it was checked against
   * @throws ApiError 400 with the first reason why it is not valid
   */
  async checked(
    view: StorageView,
    place: ResourcePlace,
    value: JsonObject,
    parent: StoredObject | undefined,
  ): Promise<JsonObject> {
    let checked = value;
    for (const source of place.definition.schemas ?? []) {
      const isParent = source.resource === place.parentName;
      const holder = (isParent ? parent : undefined) ?? (await findAbove(view, place, source.resource));
      const schema = holder === undefined ? undefined : this.findSchema(holder, source, place);
      if (holder === undefined || schema === undefined) continue;
      schema.ensureValid(checked);
      if (source.stamp !== undefined) checked = { ...checked, [source.stamp]: holder.lastModified };
    }
    return checked;
  }

  private findSchema(
    holder: StoredObject,
    { attribute }: SchemaSource,
    place: ResourcePlace,
  ): AppliedSchema | undefined {
    // Nobody parses a text that cannot have one.
    if (!holder.dataText.includes('schema"')) return undefined;
    const key = `${attribute} ${holder.dataText}`;
    const known = this.remembered.get(key);
    if (known !== undefined) {
      this.remembered.delete(key);
      this.remembered.set(key, known);
      return known;
    }
    const given = holder.value[attribute];
    if (!isJsonObject(given)) return undefined;
    const stamps = (place.definition.schemas ?? []).flatMap(({ stamp }) => (stamp === undefined ? [] : [stamp]));
    const schema = new AppliedSchema(given, [...INTERNAL, ...stamps]);
    this.remember(key, schema);
    return schema;
  }

  private remember(key: string, schema: AppliedSchema): void {
    if (key.length > MAX_REMEMBERED_CHARACTERS) return;
    for (const oldest of this.remembered.keys()) {
      if (this.rememberedCharacters + key.length <= MAX_REMEMBERED_CHARACTERS) break;
      this.remembered.delete(oldest);
      this.rememberedCharacters -= oldest.length;
    }
    this.remembered.set(key, schema);
    this.rememberedCharacters += key.length;
  }
}
