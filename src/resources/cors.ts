import { invalidParameters, type ErrorDetail } from '../wire/api-error.js';
import { globPattern } from '../wire/glob.js';
import type { ApiRequest, ApiResponse, ResponseHeaders } from './api-message.js';
import type { Endpoint } from './exchange.js';
import type { ApiSettings } from './http.settings.js';

const NO_PROBLEMS: readonly ErrorDetail[] = [];

const REQUESTED_METHOD = 'Access-Control-Request-Method';

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

  /** Adds its own to the headers of an answer, errors included. */
  addHeaders(answered: ResponseHeaders, { headers, method }: ApiRequest, endpoint: Endpoint | undefined): void {
    const { origin } = headers;
    if (!isPreflight(endpoint, method)) {
      answered['Access-Control-Expose-Headers'] = this.exposedBy(endpoint?.exposedHeaders(method) ?? []);
    }
    if (origin === undefined || !this.isShown(origin, endpoint)) return;
    answered['Access-Control-Allow-Origin'] = this.isOpen ? '*' : origin;
  }

  /** @throws ApiError 400 for an origin that the settings do not list */
  ensureAllowed(request: ApiRequest): void {
    const problems = this.problemsOf(request);
    if (problems.length > 0) throw invalidParameters(problems);
  }

  /** Of an origin that the settings do not list. */
  problemsOf({ headers: { origin } }: ApiRequest): readonly ErrorDetail[] {
    if (origin === undefined || this.isAllowed(origin)) return NO_PROBLEMS;
    return [headerProblem('Origin', `${origin} not allowed`)];
  }

  /** The answer to a browser's question before the request itself. */
  preflight(request: ApiRequest, endpoint: Endpoint): ApiResponse {
    const { headers } = request;
    this.ensureAllowed(request);
    const method = headers[REQUESTED_METHOD.toLowerCase()];
    const missing = ['Origin', REQUESTED_METHOD].filter((name) => headers[name.toLowerCase()] === undefined);
    if (method === undefined || missing.length > 0) {
      throw invalidParameters(missing.map((name) => headerProblem(name, 'this header is mandatory')));
    }
    if (!endpoint.methods.includes(method)) {
      throw invalidParameters([headerProblem(REQUESTED_METHOD, 'Method not allowed')]);
    }

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

  /** Where no endpoint is, only an origin that is listed as it stands counts, as in Kinto. */
  private isShown(origin: string, endpoint: Endpoint | undefined): boolean {
    return endpoint === undefined ? this.isOpen || this.settings.corsOrigins.includes(origin) : this.isAllowed(origin);
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

function headerProblem(name: string, description: string): ErrorDetail {
  return { location: 'header', name, description };
}
