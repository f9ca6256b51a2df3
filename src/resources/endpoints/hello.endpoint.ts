import type { SettingsFile } from '../../settings/settings.js';
import type { ApiResponse } from '../api-message.js';
import type { Capabilities, UserDetailsRegistry } from '../capabilities.js';
import type { Exchange, StorageEndpoint } from '../exchange.js';
import { expiryHeaders } from '../expiry.js';
import type { ApiSettings, ProjectSettings } from '../http.settings.js';
import { jsonAnswer } from './json-answer.js';

/** The version of Kinto's HTTP API that this is. */
export const HTTP_API_VERSION = '1.23';

/** What hello tells of. */
export interface HelloParts {
  readonly project: ProjectSettings;
  readonly api: ApiSettings;
  readonly capabilities: Capabilities;
  readonly userDetails: UserDetailsRegistry;
  /** Of kumocast itself. */
  readonly ownVersion: string;
  /** The announced end of the service, as the settings have it. */
  readonly eos: string | undefined;
  readonly settingsFile: SettingsFile | undefined;
}

/** What this server is, and who the caller is to it (kinto-api.md, 1.3). */
export class HelloEndpoint implements StorageEndpoint {
  readonly name = 'hello';
  readonly pattern = '/';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations = {
    GET: {
      id: 'server_info',
      tag: 'Utilities',
      summary: 'What this server is, what it can do, and who the caller is to it.',
      responses: { 200: { description: 'What there is to know.', schema: HELLO_SCHEMA } },
    },
  };

  constructor(private readonly parts: HelloParts) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { project, api, capabilities, ownVersion, eos, settingsFile } = this.parts;
    const answer = jsonAnswer(200, {
      project_name: project.projectName,
      project_version: project.projectVersion || ownVersion,
      http_api_version: HTTP_API_VERSION,
      project_docs: project.projectDocs,
      url: `${exchange.request.origin}/v1/`,
      // As in Kinto: the path as it was given at the start, which is mostly a relative one.
      config: settingsFile === undefined ? null : { ...settingsFile },
      ...(eos === undefined ? {} : { eos }),
      settings: {
        batch_max_requests: api.batchMaxRequests,
        readonly: api.readonly,
        explicit_permissions: api.explicitPermissions,
      },
      ...this.user(exchange),
      capabilities: Object.fromEntries(capabilities.entries()),
    });
    return api.readonly ? { ...answer, headers: expiryHeaders(api.rootCacheExpires) } : answer;
  }

  private user({ identity, caller, request }: Exchange) {
    if (identity.userId === undefined) return {};
    const details = this.parts.userDetails.all().map((detail) => detail(identity, request));
    const user = { id: identity.userId, principals: [...caller.principals] };
    return { user: Object.assign(user, ...details) as typeof user };
  }
}

const TEXT = { type: 'string' };

const HELLO_SCHEMA = {
  type: 'object',
  required: [
    'project_name',
    'project_version',
    'http_api_version',
    'project_docs',
    'url',
    'config',
    'settings',
    'capabilities',
  ],
  properties: {
    project_name: TEXT,
    project_version: TEXT,
    http_api_version: { const: HTTP_API_VERSION },
    project_docs: TEXT,
    url: { type: 'string', description: 'Where the API is, with a slash at the end.' },
    config: {
      type: ['object', 'null'],
      description: 'The settings file that was read.',
      required: ['path', 'hash', 'modified'],
      properties: { path: TEXT, hash: { type: 'string', pattern: '^[0-9a-f]{64}$' }, modified: TEXT },
    },
    eos: { type: 'string', description: 'When the service ends.' },
    settings: { type: 'object', description: 'Settings that clients have to know.' },
    user: {
      type: 'object',
      description: 'The caller; absent while nobody is logged in.',
      required: ['id', 'principals'],
      properties: { id: TEXT, principals: { type: 'array', items: TEXT } },
    },
    capabilities: {
      type: 'object',
      description: 'The optional parts of this server, by name.',
      additionalProperties: { type: 'object', required: ['description', 'url'] },
    },
  },
};
