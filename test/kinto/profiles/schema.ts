import fc, { type Arbitrary } from 'fast-check';
import { patchOf } from '../generate/bodies.js';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { anyValue } from '../generate/values.js';
import type { Json, JsonMap, Profile, Scenario, Step } from '../step.js';

const COLLECTION = '/v1/buckets/{{name}}a/collections/c';

const TYPES: readonly JsonMap[] = [
  { type: 'number' },
  { type: 'integer' },
  { type: 'string' },
  { type: 'boolean' },
  { type: 'null' },
  { type: 'array', items: { type: 'number' } },
  { type: ['string', 'null'] },
  { enum: ['a', 'b', 1] },
  { const: 1 },
  { minimum: 1, maximum: 3 },
  { exclusiveMinimum: 1 },
  { multipleOf: 2 },
  { type: 'string', minLength: 2, maxLength: 3 },
  { type: 'string', pattern: '^a' },
  { minItems: 1, maxItems: 1 },
  { uniqueItems: true },
  { type: 'object', required: ['k'] },
  { type: 'object', additionalProperties: false, properties: { k: {} } },
  { anyOf: [{ type: 'number' }, { type: 'string' }] },
  { oneOf: [{ type: 'number' }, { minimum: 2 }] },
  { not: { type: 'string' } },
  { $ref: '#/definitions/short' },
  { $ref: '#/definitions/missing' },
  { format: 'email', type: 'string' },
];

const properties: Arbitrary<JsonMap> = fc
  .dictionary(fc.constantFrom('n', 's', 'b', 'a', 'o', 'x'), fc.constantFrom(...TYPES), { minKeys: 1, maxKeys: 2 })
  .map((value): JsonMap => ({ ...value }));

const schema: Arbitrary<JsonMap> = fc
  .tuple(
    properties,
    fc.constantFrom<JsonMap>({}, {}, { required: ['n'] }, { required: ['n', 's'] }, { required: ['id'] }),
    fc.constantFrom<JsonMap>({}, {}, {}, { additionalProperties: false }, { minProperties: 2 }),
    fc.constantFrom<JsonMap>({}, {}, {}, { $schema: 'http://json-schema.org/draft-07/schema#' }),
  )
  .map(([own, ...more]) => ({
    definitions: { short: { maxLength: 2 } },
    type: 'object',
    properties: own,
    ...Object.assign({}, ...more),
  }));

const oddSchema = fc.constantFrom<Json>(
  { type: 'Washmachine' },
  { required: 'n' },
  { minimum: 'x' },
  { exclusiveMinimum: true },
  { properties: [] },
  { pattern: '(' },
  { $ref: 1 },
  {},
  null,
  [],
  true,
);

/** A record whose values meet the properties above now and then. */
const recordBody: Arbitrary<JsonMap> = fc
  .dictionary(fc.constantFrom('n', 's', 'b', 'a', 'o', 'x', 'schema'), anyValue, { maxKeys: 3 })
  .map((value): JsonMap => ({ data: { ...value } }));

const writeRecord: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('PUT', 'PUT', 'POST', 'PATCH'), recordBody, patchOf('record'))
  .map(([method, body, patch]): Step => {
    const path = method === 'POST' ? `${COLLECTION}/records` : `${COLLECTION}/records/r1`;
    return { method, path, user: 'alice', ...(method === 'PATCH' ? patch : { body }) };
  });

const writeSchema: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('collection', 'collection', 'bucket'),
    fc.constantFrom('PUT', 'PATCH'),
    fc.oneof({ weight: 4, arbitrary: schema }, { weight: 1, arbitrary: oddSchema }),
    fc.constantFrom('record:schema', 'collection:schema', 'group:schema'),
  )
  .map(([resource, method, value, key]): Step => {
    return resource === 'collection'
      ? { method, path: COLLECTION, user: 'alice', body: { data: { schema: value } } }
      : { method, path: '/v1/buckets/{{name}}a', user: 'alice', body: { data: { [key]: value } } };
  });

const before: Arbitrary<Scenario> = schema.map((value) => [
  { method: 'PUT', path: '/v1/buckets/{{name}}a', user: 'alice' },
  { method: 'PUT', path: COLLECTION, user: 'alice', body: { data: { schema: value } } },
]);

/** Records that must look as their collection says. */
export const schemas: Profile = {
  name: 'schema',
  ini: ['kinto.experimental_collection_schema_validation = true'],
  weight: 2,
  scenario: scenarioOf(
    fc.oneof(
      { weight: 8, arbitrary: writeRecord },
      { weight: 2, arbitrary: writeSchema },
      { weight: 1, arbitrary: anyStep() },
    ),
    before,
  ),
};
