import type { Identity } from '../auth/authenticator.js';
import { ApiError } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import { findTrailingSlashRedirect, resolvePath } from './api-path.js';
import type { Endpoint } from './exchange.js';
import type { ApiSettings } from './http.settings.js';
import { ensureMethod, type MethodSwitches } from './method-switches.js';
import type { Prerequisite, RequestAlias, RequestAliases } from './request-alias.js';
import { ensureUtf8 } from './query-string.js';
import type { ResourceDefinitions } from './resource-definition.js';
import { placeOf, type ResourcePlace } from './resource-place.js';
import { Routes } from './routes.js';

/** Where a request goes. */
export interface Destination {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
  /** The request as the endpoint shall see it: an alias is replaced by what it stands for. */
  readonly request: ApiRequest;
  readonly prerequisites: readonly Prerequisite[];
}

/** Finds the endpoint of a request, behind redirects and aliases. */
export class ApiRoutes {
  private readonly routes = new Routes();

  constructor(
    private readonly settings: ApiSettings,
    private readonly aliases: RequestAliases,
    private readonly definitions: ResourceDefinitions,
    private readonly switches: MethodSwitches,
  ) {}

  /** Endpoints added first win. */
  add(endpoint: Endpoint): void {
    this.routes.add(this.switches.applyTo(endpoint));
  }

  /** In the order they were added. */
  endpoints(): Endpoint[] {
    return this.routes.all();
  }

  /** @throws ApiError for an unknown path, and whatever an alias refuses */
  async resolve(request: ApiRequest, identify: () => Promise<Identity>): Promise<Destination | ApiResponse> {
    const resolved = resolvePath(request, this.settings);
    if ('redirect' in resolved) return resolved.redirect;
    const { segments } = resolved;
    ensureUtf8(request.queryString);
    const alias = this.aliases.all().find((each) => each.claims(segments));
    if (alias === undefined || request.method === 'OPTIONS') {
      const match = this.routes.find(segments);
      return match === undefined
        ? this.redirect(request)
        : { endpoint: match.endpoint, params: match.params, request, prerequisites: [] };
    }
    return this.resolveAlias(alias, request, segments, identify);
  }

  /** An alias claims all below it, so that strangers do not learn what is there and what is not. */
  private async resolveAlias(
    alias: RequestAlias,
    request: ApiRequest,
    segments: readonly string[],
    identify: () => Promise<Identity>,
  ): Promise<Destination | ApiResponse> {
    const identity = await identify();
    const resolvedAlias = alias.resolve(request, segments, {
      identity,
      placeOf: (resource, params) => this.placeIn(resource, params),
    });
    // What an alias stands for may have to be made, even by a GET.
    if (this.settings.readonly) throw new ApiError('METHOD_NOT_ALLOWED');
    const match = this.routes.find(resolvedAlias.segments);
    if (match === undefined) return this.redirect(request);
    const { request: real, prerequisites } = resolvedAlias;
    // Here and not at the endpoint: as in Kinto, its answer then has the headers of one that no endpoint has given.
    ensureMethod(real, match.endpoint);
    return { endpoint: match.endpoint, params: match.params, request: real, prerequisites };
  }

  /** @throws ApiError MISSING_RESOURCE unless there may be something without the slash at the end */
  private redirect(request: ApiRequest): ApiResponse {
    const redirect = findTrailingSlashRedirect(request, this.settings);
    if (redirect !== undefined) return redirect;
    throw new ApiError('MISSING_RESOURCE');
  }

  private placeIn(resource: string, params: Record<string, string>): ResourcePlace {
    return placeOf(this.definitions.get(resource), this.definitions, params);
  }
}
