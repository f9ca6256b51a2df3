import { ERRORS, type ErrorDetail } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import type { JsonSchema } from './operation.js';

const LOCATIONS = [
  'body',
  'querystring',
  'header',
  'path',
  'url',
  'cookies',
  'method',
] as const satisfies readonly ErrorDetail['location'][];

const DETAIL: JsonSchema = {
  type: 'object',
  required: ['location', 'name', 'description'],
  properties: {
    location: { enum: [...LOCATIONS] },
    name: { type: ['string', 'null'] },
    description: { type: 'string' },
  },
};

const ERROR: JsonSchema = {
  type: 'object',
  description: 'Every error has this form; `errno` tells apart what `code` does not.',
  required: ['code', 'errno', 'error'],
  properties: {
    code: { type: 'integer', description: 'The HTTP status.' },
    errno: { enum: [...new Set(Object.values(ERRORS).map(({ errno }) => errno))].sort((a, b) => a - b) },
    error: { type: 'string', description: 'The title of the status.' },
    message: { type: 'string' },
    info: { type: 'string', description: 'Where help is, with a 500.' },
    details: {
      description: 'Each violation with a 400, the object as it is with a 412, what is missing with a 404.',
      anyOf: [{ type: 'array', items: { $ref: '#/components/schemas/ErrorDetail' }, minItems: 1 }, { type: 'object' }],
    },
  },
};

export const ERROR_SCHEMAS: JsonObject = { Error: ERROR, ErrorDetail: DETAIL };

/** What a refusal of this status means to whoever reads the document. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; `details` has each violation.',
  401: 'Nobody is logged in, and it is not for everybody.',
  403: 'The caller may not do this.',
  404: 'There is no such object, or no such URL.',
  405: 'The URL does not have this method; `Allow` has those that it has.',
  406: 'The answer is JSON, which `Accept` does not admit.',
  409: 'It got in the way of another request; the same request may succeed.',
  408: 'The request did not arrive in time.',
  410: 'The service has ended; `Alert` says where to go.',
  412: 'A precondition does not hold; `details.existing` is the object as it is.',
  413: 'The body is too large.',
  415: 'The body is of a type that this method does not take.',
  431: 'The headers are too large.',
  500: 'The server has failed.',
  503: 'A part of the server does not work at the moment.',
  507: 'A quota would be exceeded.',
};

/** The header that an error of this status has besides. */
const HEADERS: Readonly<Record<number, string>> = {
  401: 'WWW-Authenticate',
  405: 'Allow',
  409: 'Retry-After',
  410: 'Alert',
  503: 'Retry-After',
};

interface Row {
  readonly errno: number;
  readonly status: number;
  readonly message?: string;
}

const ROWS: readonly Row[] = Object.values(ERRORS);

/** `#/components/responses`: one for each status in the catalogue, and one for all. */
export function errorResponses(): JsonObject {
  const responses: JsonObject = {
    Error: errorResponse('Any other error.', { $ref: '#/components/schemas/Error' }),
  };
  for (const status of new Set(ROWS.map((row) => row.status))) {
    const rows = ROWS.filter((row) => row.status === status);
    const errnos = [...new Set(rows.map(({ errno }) => errno))];
    const schema = {
      allOf: [{ $ref: '#/components/schemas/Error' }],
      properties: { code: { const: status }, errno: errnos.length === 1 ? { const: errnos[0]! } : { enum: errnos } },
    };
    responses[nameOf(status)] = errorResponse(MEANINGS[status] ?? messageOf(rows), schema, HEADERS[status]);
  }
  return responses;
}

/** @param status one of the catalogue */
export function errorReference(status: number): JsonObject {
  return { $ref: `#/components/responses/${nameOf(status)}` };
}

export const ANY_ERROR: JsonObject = { $ref: '#/components/responses/Error' };

function nameOf(status: number): string {
  return `Error${status}`;
}

function messageOf(rows: readonly Row[]): string {
  return rows.find(({ message }) => message !== undefined)?.message ?? 'An error.';
}

function errorResponse(description: string, schema: JsonSchema, header?: string): JsonObject {
  const headers = header === undefined ? {} : { headers: { [header]: { $ref: `#/components/headers/${header}` } } };
  return { description, ...headers, content: { 'application/json': { schema } } };
}
