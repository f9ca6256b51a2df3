import { ApiError } from '../wire/api-error.js';
import { encodeJson } from '../wire/json.js';
import { JSON_TYPE, type ApiRequest, type ApiResponse, type ResponseHeaders } from './api-message.js';
import type { Cors } from './cors.js';
import type { Endpoint } from './exchange.js';
import type { ApiSettings, ProjectSettings } from './http.settings.js';

/** On every answer: it is data, nothing of it may run or be framed (kinto-api.md, 4.1). */
const ALWAYS: ResponseHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none';",
};

const READING_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** What all answers have in common, good or bad. */
export class ResponseFinisher {
  private readonly always: ResponseHeaders;

  constructor(
    readonly cors: Cors,
    private readonly settings: ApiSettings,
    private readonly project: ProjectSettings,
    /** One value of `WWW-Authenticate` per policy. */
    private readonly challenges: string[],
  ) {
    this.always = settings.backoff === undefined ? ALWAYS : { ...ALWAYS, Backoff: String(settings.backoff) };
  }

  /** @throws ApiError METHOD_NOT_ALLOWED for a write while the server is read-only */
  ensureWritable({ method }: ApiRequest): void {
    if (this.settings.readonly && !READING_METHODS.includes(method)) throw new ApiError('METHOD_NOT_ALLOWED');
  }

  /** @throws ApiError METHOD_NOT_ALLOWED with the methods that there are */
  ensureMethod({ method }: ApiRequest, { methods }: Endpoint): void {
    if (!methods.includes(method)) throw new ApiError('METHOD_NOT_ALLOWED', { headers: { Allow: methods.join(', ') } });
  }

  finishAny(request: ApiRequest, endpoint: Endpoint | undefined, answer: ApiResponse | ApiError): ApiResponse {
    return answer instanceof ApiError
      ? this.finishError(request, endpoint, answer)
      : this.finish(request, endpoint, answer);
  }

  finish(request: ApiRequest, endpoint: Endpoint | undefined, answer: ApiResponse): ApiResponse {
    const { status, headers } = answer;
    const hasBody = answer.body !== '' && request.method !== 'HEAD';
    return {
      status,
      headers: {
        ...(status === 304 || 'Content-Type' in headers ? {} : { 'Content-Type': JSON_TYPE }),
        ...headers,
        ...this.cors.headersFor(request, endpoint, request.method),
        ...this.always,
      },
      body: hasBody ? answer.body : '',
    };
  }

  finishError(request: ApiRequest, endpoint: Endpoint | undefined, error: ApiError): ApiResponse {
    const headers: ResponseHeaders = { ...error.headers };
    if (error.status === 401 && this.challenges.length > 0) headers['WWW-Authenticate'] = this.challenges;
    if (error.status === 503 || error.status === 409) headers['Retry-After'] = String(this.settings.retryAfter);
    const body = error.status === 500 ? { ...error.body, info: this.project.errorInfoLink } : error.body;
    const finished = this.finish(request, endpoint, { status: error.status, headers, body: encodeJson(body) });
    if (error.status === 405) delete finished.headers['Access-Control-Expose-Headers'];
    return finished;
  }
}
