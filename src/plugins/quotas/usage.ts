import { escapeNonAscii, type JsonObject, type JsonValue } from '../../wire/json.js';

/** What a bucket or a collection holds, or by how much that changes. */
export interface Usage {
  /** Of compact JSON, its own attributes included. */
  readonly bytes: number;
  readonly records: number;
  /** Of a bucket. */
  readonly collections: number;
}

export const NOTHING: Usage = { bytes: 0, records: 0, collections: 0 };

export function plus(a: Usage, b: Usage): Usage {
  return { bytes: a.bytes + b.bytes, records: a.records + b.records, collections: a.collections + b.collections };
}

export function minus(a: Usage, b: Usage): Usage {
  return { bytes: a.bytes - b.bytes, records: a.records - b.records, collections: a.collections - b.collections };
}

export function isNothing({ bytes, records, collections }: Usage): boolean {
  return bytes === 0 && records === 0 && collections === 0;
}

/** The bytes of an object as Kinto counts them: its whole JSON, every character outside ASCII escaped. */
export function sizeOf(text: string): number {
  return escapeNonAscii(text).length;
}

/** The names are those of Kinto's former plugin. */
export function toStored({ bytes, records, collections }: Usage): JsonObject {
  return { collection_count: collections, record_count: records, storage_size: bytes };
}

export function fromStored(value: Readonly<JsonObject>): Usage {
  return {
    bytes: asNumber(value.storage_size),
    records: asNumber(value.record_count),
    collections: asNumber(value.collection_count),
  };
}

function asNumber(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}
