import type { ApiResponse } from '../api-message.js';
import type { PlainEndpoint } from '../exchange.js';
import { jsonAnswer } from './json-answer.js';

/** What there is to say of the program itself; an address that nobody has given is absent. */
export interface ProgramFacts {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly homepage?: string;
  readonly repository?: { readonly url: string };
  readonly bugs?: { readonly url: string };
}

/** How to take part in kumocast, in the form of contribute.json, with the keys that Kinto's has (kinto-api.md, 1.1). */
export class ContributeEndpoint implements PlainEndpoint {
  readonly name = 'contribute.json';
  readonly pattern = '/contribute.json';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'contribute',
      tag: 'Utilities',
      summary: 'How to take part in the making of this server.',
      responses: {
        200: {
          description: 'As https://www.contributejson.org/ has it.',
          schema: {
            type: 'object',
            required: ['name', 'description', 'repository', 'participate', 'bugs', 'keywords'],
            additionalProperties: false,
            properties: {
              name: { type: 'string' },
              description: { type: 'string' },
              repository: { type: 'object' },
              participate: { type: 'object' },
              bugs: { type: 'object' },
              keywords: { type: 'array', items: { type: 'string' } },
            },
          },
        },
      },
    },
  };

  constructor(private readonly program: ProgramFacts) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    const { description, license, homepage, repository, bugs } = this.program;
    return jsonAnswer(200, {
      name: 'kumocast',
      description,
      repository: { ...(repository === undefined ? {} : { url: repository.url }), license },
      participate: homepage === undefined ? {} : { home: homepage, docs: homepage },
      bugs: bugs === undefined ? {} : { list: bugs.url, report: bugs.url },
      keywords: ['JSON', 'TypeScript', 'Node.js', 'REST', 'API', 'sync', 'WebSocket'],
    });
  }
}
