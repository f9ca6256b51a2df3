import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Authenticator } from '../auth/authenticator.js';
import { CACHE, type Cache } from '../cache/cache.js';
import { ChangeLog } from '../changes/change-log.js';
import { Access } from '../permissions/access.js';
import { PermissionRules } from '../permissions/permission-rules.js';
import type { SettingsFile } from '../settings/settings.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { Api } from './api.js';
import { ApiRoutes } from './api-routes.js';
import { Authorization } from './authorization.js';
import { BatchEndpoint } from './batch/batch.endpoint.js';
import { Capabilities, HealthChecks, UserDetailsRegistry } from './capabilities.js';
import { Cors } from './cors.js';
import { Dispatcher } from './dispatcher.js';
import { ClientCache } from './endpoints/client-cache.js';
import { EndOfService, type EndOfServiceSettings } from './end-of-service.js';
import type { ProgramFacts } from './endpoints/contribute.endpoint.js';
import { ObjectEndpoint } from './endpoints/object.endpoint.js';
import { PluralEndpoint } from './endpoints/plural.endpoint.js';
import type { ResourceParts } from './endpoints/resource-parts.js';
import { HttpErrorFilter } from './http-error.filter.js';
import { HttpController } from './http.controller.js';
import { ApiSettings, ProjectSettings } from './http.settings.js';
import type { ListStreams } from './live/list-streams.js';
import type { UrlCredentials } from './live/url-credentials.js';
import type { MethodSwitches } from './method-switches.js';
import { ObjectWriter } from './object-writer.js';
import type { Remarks } from './openapi/remarks.js';
import type { EndpointFactories } from './plugin.js';
import { RequestAliases } from './request-alias.js';
import type { ReadObservers } from './read-observer.js';
import type { RequestObservers } from './request-observer.js';
import { ResourceDefinitions } from './resource-definition.js';
import { ResponseFinisher } from './response-finisher.js';
import { serviceEndpoints } from './service-endpoints.js';
import { ObjectSchemas, SCHEMA_CAPABILITY } from './schemas/object-schemas.js';

/** What the REST mouth is made with: the rooms below, and the registries that plugins have filled. */
export interface ResourcesParts {
  readonly api: ApiSettings;
  readonly project: ProjectSettings;
  readonly definitions: ResourceDefinitions;
  readonly aliases: RequestAliases;
  readonly endpoints: EndpointFactories;
  readonly observers: RequestObservers;
  readonly readObservers: ReadObservers;
  readonly capabilities: Capabilities;
  readonly userDetails: UserDetailsRegistry;
  readonly healthChecks: HealthChecks;
  readonly remarks: Remarks;
  readonly rules: PermissionRules;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly changeLog: ChangeLog;
  /** Settings that are named after buckets and collections, see {@link readRecordExpiries}; without them, none. */
  readonly recordExpiries?: ReadonlyMap<string, number>;
  readonly endOfService: EndOfServiceSettings;
  readonly switches: MethodSwitches;
  readonly settingsFile: SettingsFile | undefined;
  /** Follows lists; without it, nobody can. */
  readonly streams?: ListStreams;
  /** Takes credentials out of the URLs of what goes on. */
  readonly urlCredentials?: UrlCredentials;
  /** What this server itself is. */
  readonly program: ProgramFacts;
}

@Module({})
export class ResourcesModule {
  static with(parts: ResourcesParts): DynamicModule {
    return {
      module: ResourcesModule,
      controllers: [HttpController],
      providers: [
        { provide: APP_FILTER, useClass: HttpErrorFilter },
        { provide: ProjectSettings, useValue: parts.project },
        {
          provide: Api,
          inject: [STORAGE, CACHE],
          useFactory: (storage: Storage, cache: Cache) => makeApi(parts, storage, cache),
        },
      ],
      exports: [Api],
    };
  }
}

function makeApi(parts: ResourcesParts, storage: Storage, cache: Cache): Api {
  const { api: settings, definitions, rules, authenticator } = parts;
  const writer = new ObjectWriter(settings.explicitPermissions);
  const authorization = new Authorization(parts.access);
  const clientCache = new ClientCache(settings, parts.recordExpiries ?? new Map());
  const schemas = settings.schemaValidation ? new ObjectSchemas() : undefined;
  if (schemas !== undefined) parts.capabilities.add('schema', SCHEMA_CAPABILITY);
  const resource: ResourceParts = {
    ...{ definitions, rules, authorization, writer, settings, cache, clientCache, schemas },
    readObservers: parts.readObservers.all(),
  };
  const { challenges } = authenticator;
  const end = EndOfService.fromSettings(parts.endOfService, parts.project.projectDocs);
  const finisher = new ResponseFinisher(new Cors(settings), settings, parts.project, challenges, end);
  const routes = new ApiRoutes(settings, parts.aliases, definitions, parts.switches);
  const { access, changeLog, observers, project } = parts;
  const dispatcher = new Dispatcher({ routes, authenticator, writer, finisher });
  const maxRequests = settings.batchMaxRequests;
  for (const endpoint of serviceEndpoints(parts, () => routes.endpoints())) routes.add(endpoint);
  routes.add(new BatchEndpoint({ dispatcher, storage, changeLog, finisher, maxRequests }));
  for (const make of parts.endpoints.all()) {
    for (const endpoint of make({ resource, storage, authenticator, project, access, changeLog })) routes.add(endpoint);
  }
  for (const definition of definitions.all()) {
    if (definition.hasOwnEndpoints === true) continue;
    routes.add(new PluralEndpoint(definition, resource, parts.streams));
    routes.add(new ObjectEndpoint(definition, resource));
  }
  const credentials = parts.urlCredentials;
  return new Api({ dispatcher, storage, changeLog, finisher, observers, credentials });
}
