import { createHash } from 'node:crypto';
import type { ApiResponse } from '../api-message.js';
import type { PlainEndpoint } from '../exchange.js';
import { docsPage } from './docs-page.js';
import { DOCS_SCRIPT } from './docs-script.js';
import { DOCS_STYLE } from './docs-style.js';
import type { OpenApiDocument } from './document.js';

/** The one script and the one style of the page, and requests to this server, are all that a browser lets it use. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(DOCS_SCRIPT)}`,
  `style-src ${hashOf(DOCS_STYLE)}`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** The description of this server, for people. */
export class DocsEndpoint implements PlainEndpoint {
  readonly name = 'openapi-docs';
  readonly pattern = '/__api__/docs';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'get_docs',
      tag: 'Utilities',
      summary: 'This description as a page.',
      responses: { 200: { description: 'HTML.', types: ['text/html'], schema: { type: 'string' } } },
    },
  };
  private body: string | undefined;

  constructor(private readonly document: OpenApiDocument) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    this.body ??= docsPage(this.document.value);
    return {
      status: 200,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': POLICY,
        'Referrer-Policy': 'no-referrer',
        // What it tells depends on the settings.
        'Cache-Control': 'no-cache',
      },
      body: this.body,
    };
  }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
