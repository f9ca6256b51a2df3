import type { ApiResponse } from '../api-message.js';
import type { PlainEndpoint } from '../exchange.js';
import type { OpenApiDocument } from './document.js';

/** The description of this server, for programs (kinto-api.md, 1.6; there in the form of Swagger 2.0). */
export class OpenApiEndpoint implements PlainEndpoint {
  readonly name = 'openapi';
  readonly pattern = '/__api__';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'get_openapi_spec',
      tag: 'Utilities',
      summary: 'This description.',
      responses: {
        200: {
          description: 'OpenAPI 3.1.',
          schema: { type: 'object', required: ['openapi', 'info', 'paths', 'components'] },
        },
      },
    },
  };

  constructor(private readonly document: OpenApiDocument) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    return { status: 200, headers: {}, body: this.document.text };
  }
}
