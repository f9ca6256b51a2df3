import type { ApiResponse } from '../api-message.js';
import type { Capabilities, UserDetailsRegistry } from '../capabilities.js';
import type { Exchange, StorageEndpoint } from '../exchange.js';
import type { ApiSettings, ProjectSettings } from '../http.settings.js';
import { jsonAnswer } from './json-answer.js';

/** The version of Kinto's HTTP API that this is. */
export const HTTP_API_VERSION = '1.23';

/** What this server is, and who the caller is to it (kinto-api.md, 1.3). */
export class HelloEndpoint implements StorageEndpoint {
  readonly name = 'hello';
  readonly pattern = '/';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = true as const;

  constructor(
    private readonly project: ProjectSettings,
    private readonly api: ApiSettings,
    private readonly capabilities: Capabilities,
    private readonly userDetails: UserDetailsRegistry,
    private readonly ownVersion: string,
  ) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    return jsonAnswer(200, {
      project_name: this.project.projectName,
      project_version: this.project.projectVersion || this.ownVersion,
      http_api_version: HTTP_API_VERSION,
      project_docs: this.project.projectDocs,
      url: `${exchange.request.origin}/v1/`,
      config: null,
      settings: {
        batch_max_requests: this.api.batchMaxRequests,
        readonly: this.api.readonly,
        explicit_permissions: this.api.explicitPermissions,
      },
      ...this.user(exchange),
      capabilities: Object.fromEntries(this.capabilities.entries()),
    });
  }

  private user({ identity, caller }: Exchange) {
    if (identity.userId === undefined) return {};
    const details = this.userDetails.all().map((detail) => detail(identity));
    const user = { id: identity.userId, principals: [...caller.principals] };
    return { user: Object.assign(user, ...details) as typeof user };
  }
}
