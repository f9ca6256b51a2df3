import type { JsonObject } from '../../wire/json.js';

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = JsonObject;

/** An answer that an operation gives. */
export interface ResponseDescription {
  readonly description: string;
  /** Of the body; absent: there is none. */
  readonly schema?: JsonSchema;
  /** What the body can be, as media types or ranges of them; by default JSON. */
  readonly types?: readonly string[];
  /** OpenAPI header objects, by name: those of this answer alone, and what is not as it is elsewhere. */
  readonly headers?: JsonObject;
}

/** What a part of a path stands for, where it is not the id of an object. */
export interface PathParameterDescription {
  readonly description: string;
  /** By default any text. */
  readonly schema?: JsonSchema;
}

/** What can be done at one URL with one method, for the OpenAPI document. Errors that all have need not be listed. */
export interface OperationDescription {
  /** Unique in the document: what generated clients call it. Kinto's own where it has one. */
  readonly id: string;
  /** The heading it stands under. */
  readonly tag: string;
  /** One sentence. */
  readonly summary: string;
  /** More sentences, in Markdown. */
  readonly description?: string;
  /** OpenAPI parameter objects, without those of the path. */
  readonly parameters?: readonly JsonObject[];
  /** An OpenAPI request body object. */
  readonly requestBody?: JsonObject;
  /** By status. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
  /** Whether the caller's permissions are asked for: 401 and 403 are among its answers. */
  readonly isProtected?: boolean;
  /** Statuses of other refusals, as the catalogue has them. */
  readonly errors?: readonly number[];
}

/** By method, in upper case. HEAD is described by GET unless it has a description of its own. */
export type OperationDescriptions = Readonly<Partial<Record<string, OperationDescription>>>;
