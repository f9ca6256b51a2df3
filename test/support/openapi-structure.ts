import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';

/* The objects of OpenAPI 3.1.0, chapter 4.8, each closed: a word that the standard does not have is a mistake. */

const TEXT = { type: 'string' };
const FLAG = { type: 'boolean' };
const URI = { type: 'string', pattern: '^\\S+$' };
/** A Schema Object is a schema of draft 2020-12. */
const SCHEMA = { $ref: 'https://json-schema.org/draft/2020-12/schema' };

function object(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return {
    type: 'object',
    properties,
    required: [...required],
    patternProperties: { '^x-': {} },
    additionalProperties: false,
  };
}

function list(items: JsonObject): JsonObject {
  return { type: 'array', items };
}

function map(of: JsonObject, names = '.'): JsonObject {
  return { type: 'object', propertyNames: { pattern: names }, additionalProperties: of };
}

function part(name: string): JsonObject {
  return { $ref: `#/$defs/${name}` };
}

/** The object itself, or a reference to one in the same document. */
function partOrReference(name: string): JsonObject {
  return { if: { type: 'object', required: ['$ref'] }, then: part('reference'), else: part(name) };
}

const COMPONENT_NAME = '^[a-zA-Z0-9._-]+$';
const EXTERNAL_DOCS = object({ url: URI, description: TEXT }, ['url']);
const EXAMPLES = { example: {}, examples: map({ type: 'object' }) };
const SECURITY = list(map(list(TEXT)));
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const VALUE = { schema: SCHEMA, content: { ...map(part('media')), minProperties: 1, maxProperties: 1 }, ...EXAMPLES };
/** Either in the form of a schema or in that of a body. */
const ONE_FORM = { oneOf: [{ required: ['schema'] }, { required: ['content'] }] };

const PARAMETER = {
  ...object(
    {
      ...{ name: TEXT, in: { enum: ['query', 'header', 'path', 'cookie'] }, description: TEXT },
      ...{ required: FLAG, deprecated: FLAG, allowEmptyValue: FLAG, allowReserved: FLAG, explode: FLAG },
      style: { enum: ['matrix', 'label', 'form', 'simple', 'spaceDelimited', 'pipeDelimited', 'deepObject'] },
      ...VALUE,
    },
    ['name', 'in'],
  ),
  ...ONE_FORM,
  if: { properties: { in: { const: 'path' } } },
  then: { required: ['required'], properties: { required: { const: true } } },
};

const OPERATION = object(
  {
    ...{ tags: list(TEXT), summary: TEXT, description: TEXT, externalDocs: EXTERNAL_DOCS },
    operationId: { type: 'string', minLength: 1 },
    parameters: { ...list(partOrReference('parameter')), uniqueItems: true },
    requestBody: partOrReference('requestBody'),
    responses: { ...map(partOrReference('response'), '^([1-5]([0-9]{2}|XX)|default)$'), minProperties: 1 },
    ...{ callbacks: map({ type: 'object' }), deprecated: FLAG, security: SECURITY, servers: list(part('server')) },
  },
  ['responses'],
);

const DEFINITIONS: JsonObject = {
  reference: {
    type: 'object',
    properties: { $ref: { type: 'string', pattern: '^#/' }, summary: TEXT, description: TEXT },
    additionalProperties: false,
  },
  server: object({ url: TEXT, description: TEXT, variables: map({ type: 'object' }) }, ['url']),
  parameter: PARAMETER,
  header: {
    ...object({
      description: TEXT,
      required: FLAG,
      deprecated: FLAG,
      style: { const: 'simple' },
      explode: FLAG,
      ...VALUE,
    }),
    ...ONE_FORM,
  },
  encoding: object({
    ...{ contentType: TEXT, headers: map(partOrReference('header')) },
    ...{ style: TEXT, explode: FLAG, allowReserved: FLAG },
  }),
  media: object({ schema: SCHEMA, encoding: map(part('encoding')), ...EXAMPLES }),
  requestBody: object({ description: TEXT, content: map(part('media'), '^[^/]+/[^/]+$'), required: FLAG }, ['content']),
  response: object(
    {
      description: TEXT,
      headers: map(partOrReference('header')),
      content: map(part('media'), '^[^/]+/[^/]+$'),
      links: map({ type: 'object' }),
    },
    ['description'],
  ),
  operation: OPERATION,
  pathItem: object({
    ...{ summary: TEXT, description: TEXT, servers: list(part('server')) },
    parameters: { ...list(partOrReference('parameter')), uniqueItems: true },
    ...Object.fromEntries(METHODS.map((method) => [method, part('operation')])),
  }),
  securityScheme: object(
    {
      type: { enum: ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'] },
      ...{ description: TEXT, name: TEXT, in: TEXT, scheme: TEXT, bearerFormat: TEXT },
      ...{ flows: { type: 'object' }, openIdConnectUrl: URI },
    },
    ['type'],
  ),
};

const DOCUMENT: JsonObject = {
  ...object(
    {
      openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
      info: object(
        {
          ...{ title: TEXT, summary: TEXT, description: TEXT, termsOfService: URI, version: TEXT },
          ...{ contact: { type: 'object' }, license: { type: 'object' } },
        },
        ['title', 'version'],
      ),
      jsonSchemaDialect: URI,
      servers: list(part('server')),
      paths: map(part('pathItem'), '^/'),
      webhooks: map(part('pathItem')),
      components: object({
        schemas: map(SCHEMA, COMPONENT_NAME),
        responses: map(partOrReference('response'), COMPONENT_NAME),
        parameters: map(partOrReference('parameter'), COMPONENT_NAME),
        requestBodies: map(partOrReference('requestBody'), COMPONENT_NAME),
        headers: map(partOrReference('header'), COMPONENT_NAME),
        securitySchemes: map(partOrReference('securityScheme'), COMPONENT_NAME),
      }),
      security: SECURITY,
      tags: list(object({ name: TEXT, description: TEXT, externalDocs: EXTERNAL_DOCS }, ['name'])),
      externalDocs: EXTERNAL_DOCS,
    },
    ['openapi', 'info', 'paths'],
  ),
  $defs: DEFINITIONS,
};

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const validate = ajv.compile(DOCUMENT);

/** What is wrong with the document's structure as OpenAPI 3.1 has it; `undefined`: nothing. */
export function structureProblem(document: JsonValue): string | undefined {
  return validate(document) ? undefined : ajv.errorsText(validate.errors);
}
