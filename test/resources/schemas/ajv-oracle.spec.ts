import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { AppliedSchema } from '../../../src/resources/schemas/applied-schema.js';
import { schemaProblems } from '../../../src/resources/schemas/schema-check.js';
import type { JsonObject, JsonValue } from '../../../src/wire/json.js';

/*
 * Ajv compiles schemas and so is nothing for those of strangers; but whether a value is valid, it knows. Only the
 * sentences and the order are Kinto's, and stand in messages.spec.ts.
 */

const OPTIONS = { strict: false, validateFormats: false, logger: false } as const;
const RUNS = 300;
/** The same schemas each time: with new ones, tests would find more of Ajv's own mistakes from time to time. */
const SEED = 20;
const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';

// Not `constructor` and its like: Ajv sees what is inherited too, and fails over a value's own `toString`. Nor the
// empty name, which it does not miss when it is required.
const name = fc.constantFrom('a', 'b', 'ab', 'c');
const small = fc.integer({ min: 0, max: 3 });
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -3, max: 6 }),
  fc.constantFrom(0.5, 1.5, 0.1, 0.3),
  fc.constantFrom('', 'a', 'ab', 'abc', '😀', '😀b'),
);

const value: fc.Arbitrary<JsonValue> = fc.letrec<{ any: JsonValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf as fc.Arbitrary<JsonValue>,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(name, tie('any')), { selector: ([key]) => key, maxLength: 4 }).map((pairs) => {
      return Object.fromEntries(pairs);
    }),
  ),
})).any;

const type = fc.constantFrom('array', 'boolean', 'integer', 'null', 'number', 'object', 'string');
const number = fc.constantFrom(-1, 0, 0.5, 1, 2, 5);

/** A schema with a few keywords, of those that both drafts understand alike. */
function schemasOf(own: (inner: fc.Arbitrary<JsonValue>) => Record<string, fc.Arbitrary<JsonValue>>) {
  return fc
    .letrec<{ schema: JsonValue }>((tie) => {
      const inner = tie('schema');
      const list = fc.array(inner, { minLength: 1, maxLength: 3 });
      const mapping = fc
        .uniqueArray(fc.tuple(name, inner), { selector: ([key]) => key, maxLength: 3 })
        .map((pairs): JsonValue => Object.fromEntries(pairs));
      const patterns = fc
        .uniqueArray(fc.tuple(fc.constantFrom('^a', 'b$', '.', '^$'), inner), {
          selector: ([key]) => key,
          maxLength: 2,
        })
        .map((pairs): JsonValue => Object.fromEntries(pairs));
      const keywords: Record<string, fc.Arbitrary<JsonValue>> = {
        type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
        enum: fc.uniqueArray(leaf as fc.Arbitrary<JsonValue>, { minLength: 1, maxLength: 3 }),
        const: value,
        minimum: number,
        maximum: number,
        exclusiveMinimum: number,
        exclusiveMaximum: number,
        multipleOf: fc.constantFrom(0.1, 0.5, 1, 2),
        minLength: small,
        maxLength: small,
        pattern: fc.constantFrom('^a', 'b$', 'a.?b', '^$'),
        minItems: small,
        maxItems: small,
        uniqueItems: fc.boolean(),
        minProperties: small,
        maxProperties: small,
        required: fc.uniqueArray(name, { maxLength: 2 }),
        properties: mapping,
        patternProperties: patterns,
        additionalProperties: inner,
        propertyNames: inner,
        contains: inner,
        allOf: list,
        anyOf: list,
        oneOf: list,
        not: inner,
        if: inner,
        then: inner,
        else: inner,
        ...own(inner),
      };
      const keyword = fc.constantFrom(...Object.keys(keywords));
      return {
        schema: fc.oneof(
          { maxDepth: 3, withCrossShrink: true },
          fc.boolean() as fc.Arbitrary<JsonValue>,
          fc.uniqueArray(keyword, { maxLength: 4 }).chain((names) => {
            return fc
              .tuple(...names.map((each) => keywords[each]!.map((given): [string, JsonValue] => [each, given])))
              .map((pairs): JsonValue => withoutRivals(Object.fromEntries(pairs)));
          }),
        ),
      };
    })
    .schema.filter((schema): schema is JsonObject => typeof schema === 'object' && schema !== null);
}

/** Without `contains` beside a list of schemas: with both, Ajv takes it for fulfilled by an empty list. */
function withoutRivals(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema.items) && schema.prefixItems === undefined) return schema;
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== 'contains'));
}

const definitions = ['here', 'there'];
const reference = fc.constantFrom(...definitions.map((each) => `#/definitions/${each}`));

const schemas2020 = schemasOf((inner) => ({
  $ref: reference,
  items: inner,
  prefixItems: fc.array(inner, { minLength: 1, maxLength: 2 }),
  unevaluatedProperties: inner,
  unevaluatedItems: inner,
  minContains: small,
  maxContains: small,
  dependentRequired: fc.dictionary(fc.constantFrom('a', 'b'), fc.uniqueArray(name, { maxLength: 2 })),
  dependentSchemas: fc.dictionary(fc.constantFrom('a', 'b'), inner),
}));
const schemas7 = schemasOf((inner) => ({
  items: fc.oneof(inner, fc.array(inner, { minLength: 1, maxLength: 2 })),
  additionalItems: inner,
  dependencies: fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(inner, fc.uniqueArray(name, { maxLength: 2 }))),
}));

function isValid(schema: JsonObject, object: JsonObject): boolean {
  try {
    new AppliedSchema(schema, []).ensureValid(object);
    return true;
  } catch (error) {
    const [detail] = (error as { details: { name: string; description: string }[] }).details;
    if (detail!.name === 'schema') throw new Error(detail!.description, { cause: error });
    return false;
  }
}

describe('Whether a value is valid', () => {
  it.each([
    ['2020-12', schemas2020, () => new Ajv2020(OPTIONS), {}],
    ['draft 7', schemas7, () => new Ajv(OPTIONS), { $schema: DRAFT_7 }],
  ])(
    'is what Ajv says, in %s',
    (_draft, schemas, makeAjv, head) => {
      let refused = 0;
      fc.assert(
        fc.property(schemas, leaf, schemas, fc.array(value, { maxLength: 6 }), (schema, constant, there, values) => {
          // Attributes only: what stands at the root is an object, and has an id that is hidden.
          const here = { const: constant as JsonValue };
          const whole: JsonObject = {
            ...head,
            properties: { x: schema },
            definitions: { here, there: withoutRefs(there) },
          };
          const check = makeAjv().compile(whole);
          for (const each of values) {
            const object = { x: each };
            const expected = check(object);
            if (!expected) refused += 1;
            if (isValid(whole, object) !== expected) {
              throw new Error(`${JSON.stringify(whole)} for ${JSON.stringify(object)}: Ajv says ${String(expected)}`);
            }
          }
        }),
        { numRuns: RUNS, seed: SEED },
      );
      expect(refused).toBeGreaterThan(RUNS / 2);
    },
    120_000,
  );
});

/** Nothing that is referred to refers on: loops are another test's. */
function withoutRefs(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return schema.map(withoutRefs);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== '$ref')
      .map(([key, inner]) => [key, withoutRefs(inner)]),
  );
}

describe('Whether a schema is one', () => {
  it('is what Ajv says', () => {
    const ajv = new Ajv(OPTIONS);
    let refused = 0;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('type', 'items', 'required', 'minLength', 'not'), value), (schema) => {
        const expected = ajv.validateSchema(schema) === true;
        if (!expected) refused += 1;
        return (schemaProblems({ schema }, ['schema'], '').length === 0) === expected;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(refused).toBeGreaterThan(RUNS / 4);
  });
});
