import type { JsonObject } from '../../wire/json.js';
import { JSON_TYPE } from '../api-message.js';
import { ANY_ERROR, errorReference } from './errors.js';
import { headersOf } from './headers.js';
import type { OperationDescription, ResponseDescription } from './operation.js';

/** What is known of an operation from where it stands. */
export interface OperationContext {
  readonly method: string;
  readonly isResource: boolean;
  readonly hasPathParameters: boolean;
  /** Those that a browser may read, beyond those of every answer. */
  readonly headers: readonly string[];
}

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

function responseObject({ description, schema }: ResponseDescription, headers: readonly string[]): JsonObject {
  const shown = headers.length === 0 ? {} : { headers: headersOf(headers) };
  return { description, ...shown, ...(schema === undefined ? {} : { content: { [JSON_TYPE]: { schema } } }) };
}

/** The refusals that follow from what is asked of a request; any other is the default. */
function errorsOf(
  { parameters = [], requestBody, isProtected = false }: OperationDescription,
  { isResource, hasPathParameters }: OperationContext,
): number[] {
  const statuses: number[] = [];
  if (parameters.length > 0 || requestBody !== undefined || hasPathParameters) statuses.push(400);
  if (isProtected) statuses.push(401, 403);
  if (hasPathParameters || isProtected) statuses.push(404);
  if (isResource) statuses.push(406, 412);
  if (requestBody !== undefined) statuses.push(413, 415);
  return statuses;
}
