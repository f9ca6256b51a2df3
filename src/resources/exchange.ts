import type { Caller, Identity } from '../auth/authenticator.js';
import type { ChangeCollector } from '../changes/change-collector.js';
import type { StorageView, UnitOfWork } from '../storage/storage.js';
import type { ErrorDetail } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import type { OperationDescriptions, PathParameterDescription } from './openapi/operation.js';
import type { Prerequisite } from './request-alias.js';
import type { ResourceDefinition } from './resource-definition.js';

/** One request on its way: what was asked, by whom, and the snapshot or unit of work it is answered from. */
export interface Exchange {
  readonly request: ApiRequest;
  /** The decoded parts of the path, e.g. `bucket_id`, `id`. */
  readonly params: Readonly<Record<string, string>>;
  readonly identity: Identity;
  readonly caller: Caller;
  readonly view: StorageView;
  /** Absent while a request that only reads is answered from a snapshot. */
  readonly unit: UnitOfWork | undefined;
  readonly changes: ChangeCollector;
  /** Of an origin that may not call: to be told together with whatever else is wrong (kinto-api.md, 0.2.8). */
  readonly originProblems: readonly ErrorDetail[];
  /** URIs of objects that this request has seen to be there, so that nobody looks again. */
  readonly knownUris: Set<string>;
}

/** Thrown by a reading request that turns out to have something to write: it is then run again, in a unit of work. */
export class NeedsUnit extends Error {
  override readonly name = 'NeedsUnit';
}

/** @throws NeedsUnit inside a snapshot */
export function getUnit({ unit }: Exchange): UnitOfWork {
  if (unit === undefined) throw new NeedsUnit();
  return unit;
}

/** One URL of the API and what can be done there. */
interface EndpointRow {
  /** What logs and metrics call it, e.g. `record-plural`. */
  readonly name: string;
  /** Without the version prefix; `{name}` is one segment, e.g. `/buckets/{id}`, and a last `{name...}` the rest. */
  readonly pattern: string;
  /** In the order of the `Allow` header; OPTIONS is understood. */
  readonly methods: readonly string[];
  /** Which headers a browser may read, by method, beyond those of every response. */
  exposedHeaders(method: string): readonly string[];
  /** The resource whose list, or whose objects, these are: what the document says then follows from it. */
  readonly definition?: ResourceDefinition;
  /** What the OpenAPI document says of each method; without it, it says what the pattern says. */
  readonly operations?: OperationDescriptions;
  /** What it says of the names in the pattern that are no ids of objects. */
  readonly pathParameters?: Readonly<Record<string, PathParameterDescription>>;
}

/** What is known of a request before its transaction. */
export interface PrepareContext {
  readonly params: Readonly<Record<string, string>>;
  readonly identity: Identity;
  /** What will be made before the request proper, should it not be there. */
  readonly prerequisites: readonly Prerequisite[];
}

export interface PreparedRequest {
  /** What the endpoint shall handle instead. */
  readonly request: ApiRequest;
  /** Takes back what was prepared: the request has been refused. Must not throw. */
  readonly abandon?: (() => Promise<void>) | undefined;
}

/** An endpoint that answers from a snapshot, or, where it writes, from a unit of work. */
export interface StorageEndpoint extends EndpointRow {
  readonly usesStorage: true;
  /**
   * Slow work on what the client sent, before the transaction: hashing, files. Nobody's permissions are known yet.
   *
   * @throws ApiError
   */
  prepare?(request: ApiRequest, context: PrepareContext): Promise<PreparedRequest>;
  handle(exchange: Exchange): Promise<ApiResponse>;
}

/**
 * An endpoint that needs neither, or that opens units of work of its own. In a batch it is answered before the items
 * that share the batch's unit.
 */
export interface PlainEndpoint extends EndpointRow {
  readonly usesStorage: false;
  handle(request: ApiRequest, params: Readonly<Record<string, string>>): Promise<ApiResponse>;
}

export type Endpoint = StorageEndpoint | PlainEndpoint;
