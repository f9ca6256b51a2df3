import { encodeJson, type JsonObject, type JsonValue } from './json.js';

/**
 * Kinto's errors, the one catalogue: the errno, the HTTP status, the title (`error`) and the usual message
 * (kinto-api.md, 6.2). A title or message is absent where Kinto's body has none.
 */
export const ERRORS = {
  MISSING_AUTH_TOKEN: { errno: 104, status: 401, message: 'Please authenticate yourself to use this endpoint.' },
  INVALID_PARAMETERS: { errno: 107, status: 400, title: 'Invalid parameters' },
  NOT_ACCEPTABLE: { errno: 107, status: 406, title: 'Invalid parameters' },
  UNSUPPORTED_MEDIA_TYPE: { errno: 107, status: 415, title: 'Invalid parameters' },
  INVALID_URL: { errno: 107, status: 400 },
  /** What Kinto's attachments say of a form that cannot be read. */
  INVALID_FORM: { errno: 107, status: 400 },
  /** What Kinto's extensions say of a body that is no JSON, and of a change that they do not allow. */
  INVALID_POSTED_FORM: { errno: 109, status: 400 },
  CHANGE_REFUSED: { errno: 999, status: 400 },
  OBJECT_NOT_FOUND: { errno: 110, status: 404 },
  MISSING_RESOURCE: { errno: 111, status: 404, message: 'The resource you are looking for could not be found.' },
  MISSING_PARENT: { errno: 111, status: 404 },
  BODY_TOO_LARGE: { errno: 113, status: 413, message: 'Request body too large.' },
  MODIFIED_MEANWHILE: { errno: 114, status: 412, message: 'Resource was modified meanwhile' },
  METHOD_NOT_ALLOWED: { errno: 115, status: 405, message: 'Method not allowed on this endpoint.' },
  VERSION_NOT_AVAILABLE: {
    errno: 116,
    status: 404,
    message: 'The requested API version is not available on this server.',
  },
  FORBIDDEN: { errno: 121, status: 403, message: 'This user cannot access this resource.' },
  CONSTRAINT_VIOLATED: { errno: 122, status: 409, message: 'Integrity constraint violated, please retry.' },
  REQUEST_TIMEOUT: { errno: 107, status: 408, message: 'The request did not arrive in time.' },
  HEADERS_TOO_LARGE: { errno: 113, status: 431, message: 'The headers of the request are too large.' },
  BACKEND: {
    errno: 201,
    status: 503,
    message: 'Service temporary unavailable due to overloading or maintenance, please retry later.',
  },
  SERVICE_DEPRECATED: {
    errno: 202,
    status: 410,
    message: 'The service you are trying to connect no longer exists at this location.',
  },
  /** Kinto's own way of saying that nobody in particular has no list of accounts (kinto-api.md, 8.4). */
  NO_LIST_OF_ACCOUNTS: { errno: 999, status: 401, title: 'Cannot read accounts.' },
  INSUFFICIENT_STORAGE: { errno: 121, status: 507 },
  UNDEFINED: { errno: 999, status: 500, message: 'A programmatic error occurred, developers have been informed.' },
} as const satisfies Record<string, { errno: number; status: number; title?: string; message?: string }>;

export type ErrorName = keyof typeof ERRORS;

const STATUS_TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
};

/** One violation in the `details` of a validation error. */
export interface ErrorDetail {
  readonly location: 'body' | 'querystring' | 'header' | 'path' | 'url' | 'cookies' | 'method';
  readonly name: string | null;
  readonly description: string;
}

export interface ApiErrorOptions {
  readonly message?: string;
  readonly details?: JsonValue;
  /** Headers that belong to this answer, by their usual names. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** What really happened: for the log, never for the caller. */
  readonly cause?: unknown;
}

/** A refusal in Kinto's own form. It knows its status and its body; whoever catches it only has to send both. */
export class ApiError extends Error {
  readonly status: number;
  readonly errno: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly details: JsonValue | undefined;
  private readonly title: string;
  private readonly shownMessage: string | undefined;

  constructor(
    readonly error: ErrorName,
    options: ApiErrorOptions = {},
  ) {
    const row: { errno: number; status: number; title?: string; message?: string } = ERRORS[error];
    const shown = options.message ?? row.message;
    super(shown ?? error, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.status = row.status;
    this.errno = row.errno;
    this.title = row.title ?? STATUS_TITLES[row.status] ?? 'Error';
    this.shownMessage = shown;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }

  /** The body, key order as Kinto's documentation shows it; absent parts are left out, never `null`. */
  get body(): JsonObject {
    const body: JsonObject = { code: this.status, errno: this.errno, error: this.title };
    if (this.shownMessage !== undefined) body.message = this.shownMessage;
    if (this.details !== undefined) body.details = this.details;
    return body;
  }

  toJson(): string {
    return encodeJson(this.body);
  }
}

/**
 * The 400 for a list of violations. They are sorted by name and the message is made from the first
 * (kinto-api.md, 6.1).
 */
export function invalidParameters(
  details: readonly ErrorDetail[],
  error: 'INVALID_PARAMETERS' | 'NOT_ACCEPTABLE' | 'UNSUPPORTED_MEDIA_TYPE' = 'INVALID_PARAMETERS',
): ApiError {
  const sorted = [...details].sort((a, b) => compareText(String(a.name), String(b.name)));
  const first = sorted[0];
  return new ApiError(error, {
    ...(first === undefined ? {} : { message: summarize(first) }),
    details: sorted.map((detail) => ({ ...detail })),
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function summarize({ location, name, description }: ErrorDetail): string {
  if (name === null) return `${location}: ${description}`;
  return description.includes(name) ? description : `${name} in ${location}: ${description}`;
}
