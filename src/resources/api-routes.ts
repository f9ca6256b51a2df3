import type { Identity } from '../auth/authenticator.js';
import { ApiError } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import { findTrailingSlashRedirect, resolvePath } from './api-path.js';
import type { Endpoint } from './exchange.js';
import type { ApiSettings } from './http.settings.js';
import type { MethodSwitches } from './method-switches.js';
import type { Prerequisite, RequestAliases } from './request-alias.js';
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
    const match = this.routes.find(segments);
    if (match === undefined) {
      const redirect = findTrailingSlashRedirect(request, this.settings);
      if (redirect !== undefined) return redirect;
      throw new ApiError('MISSING_RESOURCE');
    }
    const alias = this.aliases.all().find((each) => each.claims(segments));
    if (alias === undefined || request.method === 'OPTIONS') return { ...match, request, prerequisites: [] };
    // What an alias stands for may have to be made, even by a GET.
    if (this.settings.readonly) throw new ApiError('METHOD_NOT_ALLOWED');

    const identity = await identify();
    const resolvedAlias = alias.resolve(request, segments, {
      identity,
      placeOf: (resource, params) => this.placeIn(resource, params),
    });
    const realMatch = this.routes.find(resolvedAlias.segments);
    if (realMatch === undefined) throw new ApiError('MISSING_RESOURCE');
    const { request: real, prerequisites } = resolvedAlias;
    return { ...realMatch, request: real, prerequisites };
  }

  private placeIn(resource: string, params: Record<string, string>): ResourcePlace {
    return placeOf(this.definitions.get(resource), this.definitions, params);
  }
}
