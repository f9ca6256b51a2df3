import type { PermissionRules } from '../../permissions/permission-rules.js';
import { encodeJson, type JsonObject, type JsonValue } from '../../wire/json.js';
import { VERSION_PREFIX } from '../api-path.js';
import { HTTP_API_VERSION } from '../endpoints/hello.endpoint.js';
import type { Endpoint } from '../exchange.js';
import type { ProjectSettings } from '../http.settings.js';
import type { ResourceDefinition, ResourceDefinitions } from '../resource-definition.js';
import { ERROR_SCHEMAS, errorResponses } from './errors.js';
import { headerComponents } from './headers.js';
import { jsonSchemaComponents } from './json-schema.js';
import { COMMON_SCHEMAS, resourceSchemas } from './object-schemas.js';
import { listParameters, otherParameters } from './parameters.js';
import { describeEndpoint, pathsOf, type PathParts } from './paths.js';
import { headingOf } from './resource-operations.js';
import { securityOf } from './security.js';

/** What the document is made from: the same that answers requests. */
export interface DocumentParts extends PathParts {
  readonly project: ProjectSettings;
  readonly rules: PermissionRules;
  /** One value of `WWW-Authenticate` per policy. */
  readonly challenges: readonly string[];
  /** All there are, asked for when the document is first wanted. */
  endpoints(): readonly Endpoint[];
}

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
  const described = parts.endpoints().map((endpoint) => describeEndpoint(endpoint, parts.definitions));
  const definitions = inOrder(new Set(described.flatMap(({ definition }) => definition ?? [])), parts.definitions);
  const schemas = definitions.map((definition) => resourceSchemas(definition, rules.assignable(definition.name)));
  const paths = pathsOf(described, parts);
  const { security, schemes } = securityOf(challenges);
  const components: Record<string, JsonObject> = {
    schemas: Object.assign({}, ERROR_SCHEMAS, COMMON_SCHEMAS, jsonSchemaComponents(), ...schemas) as JsonObject,
    parameters: { ...listParameters(), ...otherParameters() },
    headers: headerComponents(),
    responses: errorResponses(),
  };
  return {
    openapi: '3.1.0',
    info: { title: project.projectName, version: HTTP_API_VERSION },
    externalDocs: { url: project.projectDocs },
    servers: [{ url: VERSION_PREFIX }],
    security,
    tags: tagsOf(paths, definitions),
    paths,
    components: { ...components, schemas: referredSchemas(paths, components), securitySchemes: schemes },
  };
}

/** The API's own before those that plugins have added. */
function inOrder(used: ReadonlySet<ResourceDefinition>, definitions: ResourceDefinitions): ResourceDefinition[] {
  const own = definitions.all().filter((definition) => used.has(definition));
  return [...new Set([...own, ...used])];
}

/** Those that something speaks of: of a resource that can only be read, nobody needs to know what could be sent. */
function referredSchemas(paths: JsonObject, { schemas = {}, ...others }: Record<string, JsonObject>): JsonObject {
  const kept = new Set<string>();
  const follow = (value: JsonValue): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^/"]+)/g)) {
      if (kept.has(name)) continue;
      kept.add(name);
      follow(schemas[name] ?? null);
    }
  };
  follow([paths, others]);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => kept.has(name)));
}

/** Those that are in use: the general ones, the resources from the root down, what plugins have besides. */
function tagsOf(paths: JsonObject, definitions: readonly ResourceDefinition[]): JsonObject[] {
  const operations = Object.values(paths).flatMap((item) => Object.values(item as JsonObject));
  const used = operations.flatMap((operation) => ((operation as JsonObject).tags as string[] | undefined) ?? []);
  const order = [...GENERAL_TAGS, ...definitions.map(headingOf)];
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...new Set(used)].sort((a, b) => place(a) - place(b)).map((name) => ({ name }));
}
