import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';

/** One operation of the document, and where it stands. */
export interface ShownOperation {
  readonly path: string;
  /** Upper case. */
  readonly method: string;
  readonly operation: JsonObject;
  /** Of the operation and of its path, references resolved. */
  readonly parameters: readonly JsonObject[];
}

/** The media types, each with what is said of it. */
export function contentOf(part: JsonValue | undefined): [string, JsonObject][] {
  const content = isJsonObject(part) && isJsonObject(part.content) ? part.content : {};
  return Object.entries(content) as [string, JsonObject][];
}

/** The text, or an empty one. */
export function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
