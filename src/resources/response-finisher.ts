import { ApiError } from '../wire/api-error.js';
import { encodeJson } from '../wire/json.js';
import { JSON_TYPE, type ApiRequest, type ApiResponse, type ResponseHeaders } from './api-message.js';
import type { Cors } from './cors.js';
import type { EndOfService } from './end-of-service.js';
import type { Endpoint } from './exchange.js';
import type { ApiSettings, ProjectSettings } from './http.settings.js';

/** On every answer that does not say otherwise: it is data, nothing of it may run or be framed (kinto-api.md, 4.1). */
const ALWAYS: ResponseHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none';",
};

const READING_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** What all answers have in common, good or bad. */
export class ResponseFinisher {
  private readonly always: ResponseHeaders;
  /** How likely an answer is to have what `always` has; `undefined`: it has. */
  private readonly backoffChance: number | undefined;

  constructor(
    readonly cors: Cors,
    private readonly settings: ApiSettings,
    private readonly project: ProjectSettings,
    /** One value of `WWW-Authenticate` per policy. */
    private readonly challenges: string[],
    private readonly end?: EndOfService,
  ) {
    const { backoff, backoffPercentage } = settings;
    this.always = backoff === undefined ? ALWAYS : { ...ALWAYS, Backoff: String(backoff) };
    this.backoffChance = backoff === undefined || backoffPercentage === undefined ? undefined : backoffPercentage / 100;
  }

  /**
   * @throws ApiError SERVICE_DEPRECATED after the end of service, METHOD_NOT_ALLOWED for a write while the server is
   * read-only
   */
  ensureServed({ method }: ApiRequest): void {
    if (this.end?.isOver() === true) throw new ApiError('SERVICE_DEPRECATED');
    if (this.settings.readonly && !READING_METHODS.includes(method)) throw new ApiError('METHOD_NOT_ALLOWED');
  }

  finishAny(request: ApiRequest, endpoint: Endpoint | undefined, answer: ApiResponse | ApiError): ApiResponse {
    return answer instanceof ApiError
      ? this.finishError(request, endpoint, answer)
      : this.finish(request, endpoint, answer);
  }

  finish(request: ApiRequest, endpoint: Endpoint | undefined, answer: ApiResponse): ApiResponse {
    const { status, headers } = answer;
    const hasBody = answer.body !== '' && request.method !== 'HEAD';
    const all: ResponseHeaders = { ...this.common() };
    if (status !== 304 && status !== 204) all['Content-Type'] = JSON_TYPE;
    Object.assign(all, headers);
    this.cors.addHeaders(all, request, endpoint);
    // The end of the service is told instead of whatever else there is to be alerted of.
    if (this.end !== undefined) all.Alert = this.end.announcement;
    const finished = { status, headers: all, body: hasBody ? answer.body : '' };
    return answer.stream === undefined ? finished : { ...finished, stream: answer.stream };
  }

  finishError(request: ApiRequest, endpoint: Endpoint | undefined, given: ApiError): ApiResponse {
    const error = this.end?.isOver() === true ? new ApiError('SERVICE_DEPRECATED') : given;
    const headers: ResponseHeaders = { ...error.headers };
    if (error.error === 'MISSING_AUTH_TOKEN' && this.challenges.length > 0)
      headers['WWW-Authenticate'] = this.challenges;
    if (error.status === 503 || error.status === 409) headers['Retry-After'] = String(this.settings.retryAfter);
    const body = error.status === 500 ? { ...error.body, info: this.project.errorInfoLink } : error.body;
    const finished = this.finish(request, endpoint, { status: error.status, headers, body: encodeJson(body) });
    if (error.status === 405 && endpoint !== undefined) delete finished.headers['Access-Control-Expose-Headers'];
    if (error.status === 410 && this.end !== undefined) finished.headers.Alert = this.end.farewell;
    return finished;
  }

  private common(): ResponseHeaders {
    return this.backoffChance === undefined || Math.random() < this.backoffChance ? this.always : ALWAYS;
  }
}
