import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Authenticator } from '../auth/authenticator.js';
import { CACHE, type Cache } from '../cache/cache.js';
import { ChangeLog } from '../changes/change-log.js';
import { Access } from '../permissions/access.js';
import { PermissionRules } from '../permissions/permission-rules.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { Api } from './api.js';
import { ApiRoutes } from './api-routes.js';
import { Authorization } from './authorization.js';
import { Capabilities, HealthChecks, UserDetailsRegistry } from './capabilities.js';
import { Cors } from './cors.js';
import { HeartbeatEndpoint, LoadBalancerHeartbeatEndpoint } from './endpoints/heartbeat.endpoints.js';
import { HelloEndpoint } from './endpoints/hello.endpoint.js';
import { ObjectEndpoint } from './endpoints/object.endpoint.js';
import { PluralEndpoint } from './endpoints/plural.endpoint.js';
import type { ResourceParts } from './endpoints/resource-parts.js';
import { HttpErrorFilter } from './http-error.filter.js';
import { HttpController } from './http.controller.js';
import { ApiSettings, ProjectSettings } from './http.settings.js';
import { ObjectWriter } from './object-writer.js';
import { RequestAliases } from './request-alias.js';
import { ResourceDefinitions } from './resource-definition.js';
import { ResponseFinisher } from './response-finisher.js';

/** What the REST mouth is made with: the rooms below, and the registries that plugins have filled. */
export interface ResourcesParts {
  readonly api: ApiSettings;
  readonly project: ProjectSettings;
  readonly definitions: ResourceDefinitions;
  readonly aliases: RequestAliases;
  readonly capabilities: Capabilities;
  readonly userDetails: UserDetailsRegistry;
  readonly healthChecks: HealthChecks;
  readonly rules: PermissionRules;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly changeLog: ChangeLog;
  /** Of kumocast itself. */
  readonly version: string;
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
  const resource: ResourceParts = { definitions, rules, authorization, writer, settings, cache };
  const routes = new ApiRoutes(settings, parts.aliases, definitions);
  routes.add(new HelloEndpoint(parts.project, settings, parts.capabilities, parts.userDetails, parts.version));
  routes.add(new HeartbeatEndpoint(parts.healthChecks, settings.heartbeatTimeout * 1000));
  routes.add(new LoadBalancerHeartbeatEndpoint());
  for (const definition of definitions.all()) {
    routes.add(new PluralEndpoint(definition, resource));
    routes.add(new ObjectEndpoint(definition, resource));
  }
  const finisher = new ResponseFinisher(new Cors(settings), settings, parts.project, authenticator.challenges);
  return new Api({ routes, storage, authenticator, changeLog: parts.changeLog, writer, finisher });
}
