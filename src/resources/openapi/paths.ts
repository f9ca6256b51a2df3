import type { JsonObject } from '../../wire/json.js';
import type { Endpoint } from '../exchange.js';
import type { ApiSettings } from '../http.settings.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from '../resource-definition.js';
import { operationObject } from './operation-object.js';
import type { OperationDescription, OperationDescriptions, PathParameterDescription } from './operation.js';
import type { Remark, Remarks } from './remarks.js';
import { objectOperations, pluralOperations } from './resource-operations.js';

/** An endpoint with what the document says of it. */
export interface DescribedEndpoint {
  readonly endpoint: Endpoint;
  readonly definition: ResourceDefinition | undefined;
  readonly operations: OperationDescriptions;
}

export interface PathParts {
  readonly api: ApiSettings;
  readonly definitions: ResourceDefinitions;
  readonly remarks: Remarks;
}

const READING = ['GET', 'HEAD'];

export function describeEndpoint(endpoint: Endpoint, definitions: ResourceDefinitions): DescribedEndpoint {
  const [, name = '', kind] = /^(.+)-(plural|object)$/.exec(endpoint.name) ?? [];
  const definition = endpoint.definition ?? definitions.find(name);
  if (definition === undefined || kind === undefined) {
    return { endpoint, definition: undefined, operations: endpoint.operations ?? {} };
  }
  const usual = kind === 'plural' ? pluralOperations(definition) : objectOperations(definition);
  return { endpoint, definition, operations: { ...usual, ...endpoint.operations } };
}

/** `paths`, in the order of the endpoints. */
export function pathsOf(described: readonly DescribedEndpoint[], parts: PathParts): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const each of described) {
    const { endpoint, definition, operations } = each;
    const path = endpoint.pattern.replace('...}', '}');
    const methods = endpoint.methods.filter((method) => isShown(method, parts.api));
    if (methods.length === 0) continue;
    const remarks = parts.remarks.on(path);
    const parameters = pathParameters(path, each, parts.definitions, remarks);
    const writeErrors = remarks.flatMap((remark) => remark.writeErrors ?? []);
    const shown = methods.map((method): [string, JsonObject] => {
      const operation = operations[method] ?? headOf(method, operations) ?? fallback(endpoint, method);
      const context = { isResource: definition !== undefined, hasPathParameters: parameters.length > 0, writeErrors };
      const headers = endpoint.exposedHeaders(method);
      return [method.toLowerCase(), operationObject(operation, { ...context, method, headers })];
    });
    // The first endpoint of a path is the one that answers.
    paths[path] ??= { ...(parameters.length === 0 ? {} : { parameters }), ...Object.fromEntries(shown) };
  }
  return paths;
}

function isShown(method: string, { readonly }: ApiSettings): boolean {
  return method !== 'OPTIONS' && (!readonly || READING.includes(method));
}

function pathParameters(
  path: string,
  { definition, endpoint }: DescribedEndpoint,
  definitions: ResourceDefinitions,
  remarks: readonly Remark[],
): JsonObject[] {
  const owners = new Map(definitions.all().map((each) => [idParameter(each.name), each]));
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = ''], index) => {
    const owner = owners.get(name) ?? (name === 'id' ? definition : undefined);
    const own = owner === undefined ? endpoint.pathParameters?.[name] : describeId(owner);
    const sentences = index === 0 ? remarks.flatMap(({ sentence }) => sentence ?? []) : [];
    const description = [...(own === undefined ? [] : [own.description]), ...sentences].join(' ');
    return {
      name,
      in: 'path',
      required: true,
      ...(description === '' ? {} : { description }),
      schema: own?.schema ?? { type: 'string' },
    };
  });
}

export function describeId({ name, idPattern }: ResourceDefinition): PathParameterDescription {
  return { description: `The id of the ${name}.`, schema: { type: 'string', pattern: idPattern.source } };
}

function headOf(method: string, { GET: get }: OperationDescriptions): OperationDescription | undefined {
  if (method !== 'HEAD' || get === undefined) return undefined;
  const responses = Object.entries(get.responses).map(([status, { description, headers = {} }]) => {
    return [status, { description, headers }];
  });
  return {
    ...get,
    id: `head_${get.id}`,
    responses: Object.fromEntries(responses) as OperationDescription['responses'],
  };
}

/** For an endpoint that says nothing of itself. */
function fallback({ name, pattern }: Endpoint, method: string): OperationDescription {
  return {
    id: `${method.toLowerCase()}_${name.replace(/[^a-zA-Z0-9]+/g, '_')}`,
    tag: 'Others',
    summary: `${method} ${pattern}`,
    responses: { 200: { description: 'It is done.' } },
  };
}
