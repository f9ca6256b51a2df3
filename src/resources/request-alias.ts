import type { Identity } from '../auth/authenticator.js';
import { Registry } from '../wire/registry.js';
import type { ApiRequest } from './api-message.js';
import type { ResourcePlace } from './resource-place.js';

/** An object that is made before the request proper, should it not be there. */
export interface Prerequisite {
  readonly place: ResourcePlace;
  readonly id: string;
}

/** What a request under an alias really means. */
export interface ResolvedAlias {
  readonly request: ApiRequest;
  /** Of its path, decoded, without the version prefix. */
  readonly segments: readonly string[];
  /** From the top down. They stay when the request proper is refused. */
  readonly prerequisites: readonly Prerequisite[];
}

/** A way of naming what depends on the caller, such as `/buckets/default`. */
export interface RequestAlias {
  /** @param segments the decoded path without the version prefix */
  claims(segments: readonly string[]): boolean;
  /** @throws ApiError when this caller or request cannot be resolved */
  resolve(
    request: ApiRequest,
    segments: readonly string[],
    context: { identity: Identity; placeOf: (resource: string, params: Record<string, string>) => ResourcePlace },
  ): ResolvedAlias;
}

export class RequestAliases extends Registry<RequestAlias> {
  constructor() {
    super('request alias');
  }
}
