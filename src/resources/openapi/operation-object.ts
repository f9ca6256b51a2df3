import { isJsonObject, type JsonObject } from '../../wire/json.js';
import { JSON_TYPE } from '../api-message.js';
import { ANY_ERROR, errorReference } from './errors.js';
import { headersOf } from './headers.js';
import type { OperationDescription, ResponseDescription } from './operation.js';

/** What is known of an operation from where it stands. */
export interface OperationContext {
  readonly method: string;
  readonly isResource: boolean;
  readonly hasPathParameters: boolean;
  /** What else refuses a body here. */
  readonly writeErrors: readonly number[];
  /** Those that a browser may read, beyond those of every answer. */
  readonly headers: readonly string[];
}

/** What browsers send files in. */
export const FORM_TYPE = 'multipart/form-data';

/** What every answer of a resource says of the version it shows; writes do not let browsers read it. */
const VERSION_HEADERS = ['ETag', 'Last-Modified'];

/** The OpenAPI operation object. */
export function operationObject(operation: OperationDescription, context: OperationContext): JsonObject {
  const { id, tag, summary, description, parameters = [], requestBody, responses } = operation;
  const names = [...new Set([...(context.isResource ? VERSION_HEADERS : []), ...context.headers])];
  const answers = Object.entries(responses).map(([status, response]) => [status, responseObject(response, names)]);
  const errors = errorsOf(operation, context).filter((status) => !(status in responses));
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters: [...parameters] }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: {
      ...(Object.fromEntries(answers) as JsonObject),
      ...Object.fromEntries(errors.map((status) => [status, errorReference(status)])),
      default: ANY_ERROR,
    },
  };
}

function responseObject(response: ResponseDescription, names: readonly string[]): JsonObject {
  const { description, schema, types = [JSON_TYPE] } = response;
  const headers = { ...headersOf(names), ...response.headers };
  return {
    description,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(schema === undefined ? {} : { content: Object.fromEntries(types.map((type) => [type, { schema }])) }),
  };
}

/** The refusals that follow from what is asked of a request; any other is the default. */
function errorsOf(
  { parameters = [], requestBody, isProtected = false, errors = [] }: OperationDescription,
  { isResource, hasPathParameters, writeErrors }: OperationContext,
): number[] {
  const statuses: number[] = [...errors];
  if (parameters.length > 0 || requestBody !== undefined || hasPathParameters) statuses.push(400);
  if (isProtected) statuses.push(401, 403);
  if (hasPathParameters || isProtected) statuses.push(404);
  if (isResource) statuses.push(406, 412);
  if (requestBody !== undefined) statuses.push(413, ...writeErrors);
  // What should be a form and is none is a 400.
  if (requestBody !== undefined && !hasForm(requestBody)) statuses.push(415);
  return [...new Set(statuses)];
}

function hasForm({ content }: JsonObject): boolean {
  return isJsonObject(content) && FORM_TYPE in content;
}
