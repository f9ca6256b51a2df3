import { invalidParameters, type ErrorDetail } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse, ResponseHeaders } from './api-message.js';
import type { Endpoint } from './exchange.js';
import type { ApiSettings } from './http.settings.js';

/** What a browser may read of every answer (kinto-api.md, 1.8). */
const ALWAYS_EXPOSED = ['Backoff', 'Retry-After', 'Alert', 'Content-Length', 'Content-Type'];

/** Who may call from a browser, and what they may read. */
export class Cors {
  private readonly patterns: readonly RegExp[];
  private readonly isOpen: boolean;
  /** By the headers that an endpoint exposes; there are only a few sets. */
  private readonly exposed = new Map<string, string>();

  constructor(private readonly settings: Pick<ApiSettings, 'corsOrigins' | 'corsMaxAge'>) {
    this.isOpen = settings.corsOrigins.includes('*');
    this.patterns = settings.corsOrigins.map(globPattern);
  }

  /** The headers of an answer, errors included. */
  headersFor({ headers }: ApiRequest, endpoint: Endpoint | undefined, method: string): ResponseHeaders {
    const { origin } = headers;
    const exposed = isPreflight(endpoint, method)
      ? {}
      : { 'Access-Control-Expose-Headers': this.exposedBy(endpoint?.exposedHeaders(method) ?? []) };
    if (origin === undefined || !this.isAllowed(origin)) return exposed;
    return { ...exposed, 'Access-Control-Allow-Origin': this.isOpen ? '*' : origin };
  }

  /** @throws ApiError 400 for an origin that the settings do not list */
  ensureAllowed({ headers: { origin } }: ApiRequest): void {
    if (origin === undefined || this.isAllowed(origin)) return;
    throw invalidParameters([originProblem(origin)]);
  }

  /** The answer to a browser's question before the request itself. */
  preflight({ headers }: ApiRequest, endpoint: Endpoint): ApiResponse {
    const { origin } = headers;
    const method = headers['access-control-request-method'];
    const problems: ErrorDetail[] = [];
    if (origin === undefined) problems.push(mandatory('Origin'));
    else if (!this.isAllowed(origin)) problems.push(originProblem(origin));
    if (method === undefined) problems.push(mandatory('Access-Control-Request-Method'));
    else if (!endpoint.methods.includes(method)) {
      const name = 'Access-Control-Request-Method';
      problems.push({ location: 'header', name, description: 'Method not allowed' });
    }
    if (problems.length > 0) throw invalidParameters(problems);

    const wanted = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim());
    const readable = endpoint.methods.flatMap((each) => endpoint.exposedHeaders(each));
    const allowed = new Set([...ALWAYS_EXPOSED, ...readable, ...wanted.filter((name) => HEADER_NAME.test(name))]);
    const maxAge = this.settings.corsMaxAge;
    return {
      status: 200,
      headers: {
        'Access-Control-Allow-Methods': endpoint.methods.join(','),
        'Access-Control-Allow-Headers': [...allowed].join(','),
        ...(maxAge > 0 ? { 'Access-Control-Max-Age': String(maxAge) } : {}),
      },
      body: 'null',
    };
  }

  private isAllowed(origin: string): boolean {
    return this.isOpen || this.patterns.some((pattern) => pattern.test(origin));
  }

  private exposedBy(names: readonly string[]): string {
    const key = names.join();
    let text = this.exposed.get(key);
    if (text === undefined) {
      text = [...ALWAYS_EXPOSED, ...names].join(', ');
      this.exposed.set(key, text);
    }
    return text;
  }
}

/** A field name of RFC 9110, 5.1: what a browser asks for goes into our answer, so nothing else may pass. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A browser reads nothing of the answer to its own question. */
function isPreflight(endpoint: Endpoint | undefined, method: string): boolean {
  return endpoint !== undefined && method === 'OPTIONS';
}

function globPattern(glob: string): RegExp {
  const literal = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

function originProblem(origin: string): ErrorDetail {
  return { location: 'header', name: 'Origin', description: `${origin} not allowed` };
}

function mandatory(name: string): ErrorDetail {
  return { location: 'header', name, description: 'this header is mandatory' };
}
