import type { PermissionRules } from '../../permissions/permission-rules.js';
import { encodeJson, type JsonObject } from '../../wire/json.js';
import { VERSION_PREFIX } from '../api-path.js';
import { HTTP_API_VERSION } from '../endpoints/hello.endpoint.js';
import type { Endpoint } from '../exchange.js';
import type { ApiSettings, ProjectSettings } from '../http.settings.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from '../resource-definition.js';
import { ERROR_SCHEMAS, errorResponses } from './errors.js';
import { headerComponents } from './headers.js';
import { COMMON_SCHEMAS, resourceSchemas } from './object-schemas.js';
import { operationObject } from './operation-object.js';
import type { OperationDescription, OperationDescriptions } from './operation.js';
import { listParameters, otherParameters } from './parameters.js';
import { headingOf, objectOperations, pluralOperations } from './resource-operations.js';
import { securityOf } from './security.js';

/** What the document is made from: the same that answers requests. */
export interface DocumentParts {
  readonly project: ProjectSettings;
  readonly api: ApiSettings;
  readonly definitions: ResourceDefinitions;
  readonly rules: PermissionRules;
  /** One value of `WWW-Authenticate` per policy. */
  readonly challenges: readonly string[];
  /** All there are, asked for when the document is first wanted. */
  endpoints(): readonly Endpoint[];
}

/** An endpoint with what the document says of it. */
interface DescribedEndpoint {
  readonly endpoint: Endpoint;
  readonly definition: ResourceDefinition | undefined;
  readonly operations: OperationDescriptions;
}

const READING = ['GET', 'HEAD'];

/** What is not one of the resources; in this order. */
const GENERAL_TAGS = ['Utilities', 'Batch'];

/** The description of this very server in OpenAPI 3.1, made once. */
export class OpenApiDocument {
  private made: { readonly value: JsonObject; readonly text: string } | undefined;

  constructor(private readonly parts: DocumentParts) {}

  get value(): JsonObject {
    return this.make().value;
  }

  /** As it is sent. */
  get text(): string {
    return this.make().text;
  }

  private make(): { readonly value: JsonObject; readonly text: string } {
    if (this.made === undefined) {
      const value = buildDocument(this.parts);
      this.made = { value, text: encodeJson(value) };
    }
    return this.made;
  }
}

function buildDocument(parts: DocumentParts): JsonObject {
  const { project, challenges, rules } = parts;
  const described = parts.endpoints().map((endpoint) => describe(endpoint, parts));
  const definitions = [...new Set(described.flatMap(({ definition }) => definition ?? []))];
  const schemas = definitions.map((definition) => resourceSchemas(definition, rules.assignable(definition.name)));
  const paths = pathsOf(described, parts);
  const { security, schemes } = securityOf(challenges);
  return {
    openapi: '3.1.0',
    info: { title: project.projectName, version: HTTP_API_VERSION },
    externalDocs: { url: project.projectDocs },
    servers: [{ url: VERSION_PREFIX }],
    security,
    tags: tagsOf(paths, definitions),
    paths,
    components: {
      schemas: Object.assign({}, ERROR_SCHEMAS, COMMON_SCHEMAS, ...schemas) as JsonObject,
      parameters: { ...listParameters(), ...otherParameters() },
      headers: headerComponents(),
      responses: errorResponses(),
      securitySchemes: schemes,
    },
  };
}

function describe(endpoint: Endpoint, { definitions }: DocumentParts): DescribedEndpoint {
  const [, name = '', kind] = /^(.+)-(plural|object)$/.exec(endpoint.name) ?? [];
  const definition = endpoint.definition ?? definitions.find(name);
  if (definition === undefined || kind === undefined) {
    return { endpoint, definition: undefined, operations: endpoint.operations ?? {} };
  }
  const usual = kind === 'plural' ? pluralOperations(definition) : objectOperations(definition);
  return { endpoint, definition, operations: { ...usual, ...endpoint.operations } };
}

function pathsOf(described: readonly DescribedEndpoint[], parts: DocumentParts): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const { endpoint, definition, operations } of described) {
    const path = endpoint.pattern.replace('...}', '}');
    const methods = endpoint.methods.filter((method) => isShown(method, parts.api));
    if (methods.length === 0) continue;
    const parameters = pathParameters(path, definition, parts.definitions);
    const shown = methods.map((method): [string, JsonObject] => {
      const operation = operations[method] ?? headOf(method, operations) ?? fallback(endpoint, method);
      const context = { isResource: definition !== undefined, hasPathParameters: parameters.length > 0 };
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
  definition: ResourceDefinition | undefined,
  definitions: ResourceDefinitions,
): JsonObject[] {
  const owners = new Map(definitions.all().map((each) => [idParameter(each.name), each]));
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => {
    const owner = owners.get(name) ?? (name === 'id' ? definition : undefined);
    if (owner === undefined) return { name, in: 'path', required: true, schema: { type: 'string' } };
    const description = `The id of the ${owner.name}.`;
    return {
      name,
      in: 'path',
      required: true,
      description,
      schema: { type: 'string', pattern: owner.idPattern.source },
    };
  });
}

function headOf(method: string, { GET: get }: OperationDescriptions): OperationDescription | undefined {
  if (method !== 'HEAD' || get === undefined) return undefined;
  const responses = Object.entries(get.responses).map(([status, { description }]) => [status, { description }]);
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

/** Those that are in use: the general ones, the resources from the root down, what plugins have besides. */
function tagsOf(paths: JsonObject, definitions: readonly ResourceDefinition[]): JsonObject[] {
  const operations = Object.values(paths).flatMap((item) => Object.values(item as JsonObject));
  const used = operations.flatMap((operation) => ((operation as JsonObject).tags as string[] | undefined) ?? []);
  const order = [...GENERAL_TAGS, ...definitions.map(headingOf)];
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...new Set(used)].sort((a, b) => place(a) - place(b)).map((name) => ({ name }));
}
