import { ContributeEndpoint } from './endpoints/contribute.endpoint.js';
import { HeartbeatEndpoint, LoadBalancerHeartbeatEndpoint } from './endpoints/heartbeat.endpoints.js';
import { HelloEndpoint } from './endpoints/hello.endpoint.js';
import { VersionEndpoint } from './endpoints/version.endpoint.js';
import type { Endpoint } from './exchange.js';
import { DocsEndpoint } from './openapi/docs.endpoint.js';
import { OpenApiDocument } from './openapi/document.js';
import { OpenApiEndpoint } from './openapi/openapi.endpoint.js';
import type { ResourcesParts } from './resources.module.js';

/**
 * What tells of the server itself.
 *
 * @param endpoints all that there will be
 */
export function serviceEndpoints(parts: ResourcesParts, endpoints: () => readonly Endpoint[]): Endpoint[] {
  const { project, api, capabilities, userDetails, program, settingsFile, definitions, rules, remarks } = parts;
  const { challenges } = parts.authenticator;
  const document = new OpenApiDocument({ project, api, definitions, rules, remarks, challenges, endpoints });
  const { eos } = parts.endOfService;
  return [
    new HelloEndpoint({ project, api, capabilities, userDetails, ownVersion: program.version, eos, settingsFile }),
    new HeartbeatEndpoint(parts.healthChecks, api.heartbeatTimeout * 1000),
    new LoadBalancerHeartbeatEndpoint(),
    new VersionEndpoint(project.versionJsonPath),
    new ContributeEndpoint(program),
    new OpenApiEndpoint(document),
    new DocsEndpoint(document),
  ];
}
