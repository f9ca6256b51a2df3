import { isJsonObject, parseJsonText, stringifyJson, type JsonObject } from './json.js';

/**
 * One object as it is kept and as it is told: its id, its `last_modified` (ms since the epoch) and the rest as JSON
 * text. Text is the primary form, since most objects are only carried from the database to a socket; the parsed
 * value is made when somebody asks, once.
 *
 * The parsed value is shared: nobody may change it.
 */
export class StoredObject {
  private parsed: JsonObject | undefined;
  private whole: string | undefined;

  /**
   * @param dataText JSON of an object without `id` and `last_modified`; of a tombstone `{"deleted":true}`
   * @param deleted whether this is a tombstone
   */
  constructor(
    readonly id: string,
    readonly lastModified: number,
    readonly dataText: string,
    readonly deleted = false,
  ) {}

  /** Takes a value apart: `id` and `last_modified` in it are ignored, the given ones count. */
  static of(id: string, lastModified: number, value: JsonObject): StoredObject {
    return new StoredObject(id, lastModified, dataTextOf(value));
  }

  static tombstone(id: string, lastModified: number): StoredObject {
    return new StoredObject(id, lastModified, TOMBSTONE_DATA, true);
  }

  /** From the whole JSON, as {@link text} made it. */
  static fromText(text: string): StoredObject {
    const value = parseJsonText(text);
    if (!isJsonObject(value) || typeof value.id !== 'string' || typeof value.last_modified !== 'number') {
      throw new TypeError('not the JSON of a stored object');
    }
    const object = new StoredObject(value.id, value.last_modified, dataTextOf(value), value.deleted === true);
    object.parsed = value;
    object.whole = text;
    return object;
  }

  /** The whole object as JSON: what `data` of the object endpoint and an element of the list contain. */
  get text(): string {
    if (this.whole === undefined) {
      const head = `{"id":${JSON.stringify(this.id)},"last_modified":${this.lastModified}`;
      this.whole = this.dataText === '{}' ? `${head}}` : `${head},${this.dataText.slice(1)}`;
    }
    return this.whole;
  }

  get value(): Readonly<JsonObject> {
    this.parsed ??= parseJsonText(this.text) as JsonObject;
    return this.parsed;
  }
}

export const TOMBSTONE_DATA = '{"deleted":true}';

function dataTextOf(value: JsonObject): string {
  if (value.id === undefined && value.last_modified === undefined) return stringifyJson(value);
  // What is undefined has no place in JSON.
  return stringifyJson({ ...value, id: undefined, last_modified: undefined });
}
