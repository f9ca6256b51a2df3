import type { JsonObject } from '../../wire/json.js';

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = JsonObject;

/** An answer that an operation gives. */
export interface ResponseDescription {
  readonly description: string;
  /** Of the body, which is JSON; absent: there is none. */
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
}

/** By method, in upper case. HEAD is described by GET unless it has a description of its own. */
export type OperationDescriptions = Readonly<Partial<Record<string, OperationDescription>>>;
