import { AppliedSchema } from '../../../src/resources/schemas/applied-schema.js';
import { schemaProblems } from '../../../src/resources/schemas/schema-check.js';
import type { JsonObject, JsonValue } from '../../../src/wire/json.js';

const DRAFT_4 = 'http://json-schema.org/draft-04/schema#';
const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2019 = 'https://json-schema.org/draft/2019-09/schema';

/** Name and description of the one error; undefined when there is none. */
function refusalOf(schema: JsonObject, value: JsonObject): [JsonValue, JsonValue] | undefined {
  try {
    new AppliedSchema(schema, ['last_modified', 'schema']).ensureValid(value);
    return undefined;
  } catch (error) {
    const [detail] = (error as { details: { name: JsonValue; description: JsonValue }[] }).details;
    return [detail!.name, detail!.description];
  }
}

function x(schema: JsonValue, others: JsonObject = {}): JsonObject {
  return { properties: { x: schema }, ...others };
}

/* What follows was compared with Kinto 26.5, sentence by sentence. */

describe('The reason for an attribute x', () => {
  it.each<[schema: JsonValue, value: JsonValue, description: string]>([
    [{ type: 'string' }, 1, "1 is not of type 'string'"],
    [{ type: 'string' }, true, "True is not of type 'string'"],
    [{ type: 'string' }, null, "None is not of type 'string'"],
    [{ type: 'string' }, { a: [1, "b'c"] }, `{'a': [1, "b'c"]} is not of type 'string'`],
    [{ type: ['string', 'null'] }, 1, "1 is not of type 'string', 'null'"],
    [{ type: 'integer' }, 3.5, "3.5 is not of type 'integer'"],
    [{ type: 'number' }, true, "True is not of type 'number'"],
    [{ enum: ['a', 3, null, true] }, 1, "1 is not one of ['a', 3, None, True]"],
    [{ const: "a'b" }, 'c', `"a'b" was expected`],
    [{ minimum: 5 }, 3, '3 is less than the minimum of 5'],
    [{ maximum: 5.5 }, 6, '6 is greater than the maximum of 5.5'],
    [{ exclusiveMinimum: 5 }, 5, '5 is less than or equal to the minimum of 5'],
    [{ exclusiveMaximum: 5 }, 5, '5 is greater than or equal to the maximum of 5'],
    [{ multipleOf: 0.1 }, 0.3, '0.3 is not a multiple of 0.1'],
    [{ minLength: 3 }, 'ab', "'ab' is too short"],
    [{ minLength: 1 }, '', "'' should be non-empty"],
    [{ maxLength: 1 }, '😀😀', "'😀😀' is too long"],
    [{ maxLength: 0 }, 'a', "'a' is expected to be empty"],
    [{ pattern: '^\\d+$' }, 'a', "'a' does not match '^\\\\d+$'"],
    [{ minItems: 2 }, [1], '[1] is too short'],
    [{ maxItems: 0 }, [1], '[1] is expected to be empty'],
    [{ uniqueItems: true }, [1, 1], '[1, 1] has non-unique elements'],
    [{ items: false }, [1], 'Expected at most 0 items but found 1 extra: 1'],
    [{ prefixItems: [{}], items: false }, [1, 2, 3], 'Expected at most 1 item but found 2 extra: [2, 3]'],
    [{ contains: { type: 'string' } }, [1], '[1] does not contain items matching the given schema'],
    [
      { contains: { type: 'string' }, minContains: 2 },
      ['a'],
      'Too few items match the given schema (expected at least 2 but only 1 matched)',
    ],
    [
      { contains: { type: 'string' }, maxContains: 1 },
      ['a', 'b'],
      'Too many items match the given schema (expected at most 1)',
    ],
    [{ anyOf: [{ type: 'string' }, { minimum: 5 }] }, 3, '3 is not valid under any of the given schemas'],
    [
      { oneOf: [{ type: 'integer' }, { minimum: 5 }] },
      7,
      "7 is valid under each of {'minimum': 5}, {'type': 'integer'}",
    ],
    [{ not: { type: 'string' } }, 'a', "'a' should not be valid under {'type': 'string'}"],
    [{ prefixItems: [{}], unevaluatedItems: false }, [1, 2], 'Unevaluated items are not allowed (2 was unexpected)'],
    [
      { additionalProperties: false },
      JSON.parse('{"__proto__":1}') as JsonValue,
      "Additional properties are not allowed ('__proto__' was unexpected)",
    ],
    [{ minProperties: 2 }, {}, '{} does not have enough properties'],
  ])('%j, given %j', (schema, value, description) => {
    expect(refusalOf(x(schema), { x: value })).toEqual(['x', description]);
  });

  it.each<[schema: JsonValue, value: JsonValue]>([
    [{ type: 'integer' }, 3.0],
    [{ type: 'integer' }, 10n ** 20n],
    [{ minimum: 5 }, '3'],
    [{ multipleOf: 0.01 }, 1e300],
    [{ minLength: 3 }, 'é€😀'],
    [{ uniqueItems: true }, [1, true, '1', [1], { a: 1 }]],
    [{ const: { a: 1, b: [2] } }, { b: [2], a: 1 }],
    [{ contains: { type: 'string' }, minContains: 0 }, [1]],
    [{ format: 'email' }, 'nobody'],
    [{ pattern: '\\u00e9\\/' }, 'é/'],
    [{ $ref: '#/properties/x/then', then: {} }, 1],
  ])('does not exist for %j, given %p', (schema, value) => {
    expect(refusalOf(x(schema), { x: value })).toBeUndefined();
  });
});

describe('The reason for a whole object', () => {
  it.each<[schema: JsonObject, value: JsonObject, name: JsonValue, description: string]>([
    [{ required: ['a', 'b'] }, { b: 1 }, 'b', "'a' is a required property"],
    [{ type: 'array' }, { a: 1 }, 'y', "{'a': 1} is not of type 'array'"],
    [{ type: ['array', 'string'] }, { a: 1 }, 'string', "{'a': 1} is not of type 'array', 'string'"],
    [{ enum: [{ a: 2 }, 'foo'] }, { a: 1 }, 'foo', "{'a': 1} is not one of [{'a': 2}, 'foo']"],
    [{ enum: [1, 2] }, { a: 1 }, 2, "{'a': 1} is not one of [1, 2]"],
    [{ enum: [] }, { a: 1 }, 'enum', "{'a': 1} is not one of []"],
    [
      { additionalProperties: false },
      { c: 1, b: 2 },
      'additionalProperties',
      "Additional properties are not allowed ('b', 'c' were unexpected)",
    ],
    [
      { additionalProperties: false, patternProperties: { '^a': {}, "z'": {} } },
      { b: 1 },
      'additionalProperties',
      `'b' does not match any of the regexes: '^a', "z'"`,
    ],
    [{ maxProperties: 0 }, { a: 1 }, 'maxProperties', "{'a': 1} is expected to be empty"],
    [{ propertyNames: { pattern: '^a' } }, { b: 1 }, 'a', "'b' does not match '^a'"],
    [{ propertyNames: false }, { b: 1 }, 'propertyNames', "False schema does not allow 'b'"],
    [{ properties: { a: false } }, { a: 1 }, 'properties', 'False schema does not allow 1'],
    [{ allOf: [{ required: ['a'] }] }, {}, 'a', "'a' is a required property"],
    [{ if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, 'b', "'b' is a required property"],
    [{ if: { required: ['a'] }, else: { required: ['c'] } }, {}, 'c', "'c' is a required property"],
    [{ dependentSchemas: { a: { required: ['b'] } } }, { a: 1 }, 'b', "'b' is a required property"],
    [
      { unevaluatedProperties: false, allOf: [{ properties: { a: {} } }] },
      { a: 1, b: 2 },
      'unevaluatedProperties',
      "Unevaluated properties are not allowed ('b' was unexpected)",
    ],
    [x({ items: { type: 'string' } }), { x: ['a', 2] }, 1, "2 is not of type 'string'"],
    [x({ items: { required: ['z'] } }), { x: [{}] }, 0, "'z' is a required property"],
    [{ properties: { a: { type: 'string' } }, required: ['c'] }, { a: 1 }, 'a', "1 is not of type 'string'"],
    [{ required: ['c'], properties: { a: { type: 'string' } } }, { a: 1 }, 'c', "'c' is a required property"],
    [{ required: ['toString'] }, {}, 'toString', "'toString' is a required property"],
  ])('%j, given %j, is named as in Kinto', (schema, value, name, description) => {
    expect(refusalOf(schema, value)).toEqual([name, description]);
  });

  it.each<[schema: JsonObject, value: JsonObject, name: string, description: string]>([
    [{ minProperties: 2 }, { a: 1 }, 'minProperties', "{'a': 1} does not have enough properties"],
    [{ const: { a: 2 } }, { a: 1 }, 'const', "{'a': 2} was expected"],
    [{ not: { required: ['a'] } }, { a: 1 }, 'not', "{'a': 1} should not be valid under {'required': ['a']}"],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, 'dependentRequired', "'b' is a dependency of 'a'"],
    [
      { unevaluatedProperties: { type: 'string' } },
      { b: 2 },
      'unevaluatedProperties',
      "Unevaluated properties are not valid under the given schema ('b' was unevaluated and invalid)",
    ],
    [{ anyOf: [{ required: ['a'] }] }, {}, 'anyOf', '{} is not valid under any of the given schemas'],
  ])('%j, given %j, is named after the keyword, where Kinto fails or names no word', (schema, value, name, text) => {
    expect(refusalOf(schema, value)).toEqual([name, text]);
  });
});

describe('The draft', () => {
  it('is the latest, unless the schema says another', () => {
    const schema = { dependencies: { a: ['b'] } };
    expect(refusalOf(schema, { a: 1 })).toBeUndefined();
    expect(refusalOf({ $schema: DRAFT_7, ...schema }, { a: 1 })).toEqual([
      'dependencies',
      "'b' is a dependency of 'a'",
    ]);
    expect(refusalOf({ $schema: 'http://example.org/unknown', ...x({ type: 'string' }) }, { x: 1 })).toBeDefined();
  });

  it.each<[schema: JsonObject, value: JsonObject, refusal: [JsonValue, string] | undefined]>([
    [
      { $schema: DRAFT_7, ...x({ items: [{}], additionalItems: false }) },
      { x: [1, 2] },
      ['x', 'Additional items are not allowed (2 was unexpected)'],
    ],
    [
      { $schema: DRAFT_7, ...x({ contains: { type: 'string' } }) },
      { x: [1] },
      ['x', 'None of [1] are valid under the given schema'],
    ],
    [
      { $schema: DRAFT_7, ...x({ $ref: '#/definitions/any', minimum: 5 }), definitions: { any: {} } },
      { x: 1 },
      undefined,
    ],
    [
      { ...x({ $ref: '#/definitions/any', minimum: 5 }), definitions: { any: {} } },
      { x: 1 },
      ['x', '1 is less than the minimum of 5'],
    ],
    [{ $schema: DRAFT_4, ...x({ const: 7 }) }, { x: 5 }, undefined],
    [
      { $schema: DRAFT_2019, ...x({ items: [{}], unevaluatedItems: false }) },
      { x: [1, 2] },
      ['x', 'Unevaluated items are not allowed (2 was unexpected)'],
    ],
  ])('decides what %j means for %j', (schema, value, refusal) => {
    expect(refusalOf(schema, value)).toEqual(refusal);
  });

  it('decides also whether the schema is one, which Kinto answers with a 500', () => {
    expect(refusalOf(x({ items: [{ type: 'string' }] }), { x: ['a'] })).toEqual([
      'schema',
      "items[{'type': 'string'}] is not of type 'object', 'boolean'",
    ]);
  });
});

describe('A reference', () => {
  const integer = { type: 'integer' };

  it.each<[schema: JsonObject]>([
    [{ ...x({ $ref: '#/definitions/a~1b~0c%25' }), definitions: { 'a/b~c%': integer } }],
    [{ ...x({ $ref: '#here' }), $defs: { s: { $anchor: 'here', ...integer } } }],
    [{ $schema: DRAFT_7, ...x({ $ref: '#here' }), definitions: { s: { $id: '#here', ...integer } } }],
    [{ $id: 'http://example.org/root', ...x({ $ref: 'item' }), $defs: { s: { $id: 'item', ...integer } } }],
    [{ ...x({ $ref: 'item' }), $defs: { s: { $id: 'item', ...integer } } }],
    [{ ...x({ $dynamicRef: '#node' }), $defs: { s: { $dynamicAnchor: 'node', ...integer } } }],
  ])('finds its target in %j', (schema) => {
    expect(refusalOf(schema, { x: 'a' })).toEqual(['x', "'a' is not of type 'integer'"]);
    expect(refusalOf(schema, { x: 1 })).toBeUndefined();
  });

  it('goes by the outermost dynamic anchor', () => {
    const tree: JsonObject = {
      $id: 'http://example.org/tree',
      $dynamicAnchor: 'node',
      properties: { children: { items: { $dynamicRef: '#node' } } },
    };
    const strict: JsonObject = {
      $id: 'http://example.org/strict',
      $dynamicAnchor: 'node',
      $ref: 'tree',
      unevaluatedProperties: false,
      $defs: { tree },
    };
    expect(refusalOf(tree, { children: [{ daat: 1 }] })).toBeUndefined();
    expect(refusalOf(strict, { children: [{ daat: 1 }] })).toEqual([
      0,
      "Unevaluated properties are not allowed ('daat' was unexpected)",
    ]);
  });

  it.each([DRAFT_7, 'https://json-schema.org/draft/2020-12/schema'])('may lead to the meta-schema %s', ($ref) => {
    const schema = x({ $ref });
    expect(refusalOf(schema, { x: { type: 'nothing' } })?.[0]).toBe('type');
    expect(refusalOf(schema, { x: { properties: { a: { minimum: 'x' } } } })).toEqual([
      'minimum',
      "'x' is not of type 'number'",
    ]);
    expect(refusalOf(schema, { x: { type: 'string' } })).toBeUndefined();
  });

  it.each([
    ['#/nope', "PointerToNowhere: '/nope' does not exist within {'properties': {'x': {'$ref': '#/nope'}}}"],
    ['#nope', "NoSuchAnchor: 'nope' does not exist within {'properties': {'x': {'$ref': '#nope'}}}"],
    ['http://127.0.0.1:1/x.json', 'Unresolvable: http://127.0.0.1:1/x.json'],
    ['other.json', 'Unresolvable: other.json'],
  ])('that leads nowhere, %s, is told, as soon as it is followed, and fetches nothing', ($ref, description) => {
    expect(refusalOf(x({ $ref }), { x: 1 })).toEqual(['schema', description]);
    expect(refusalOf(x({ $ref }), {})).toBeUndefined();
  });
});

describe('What is hidden from a schema', () => {
  it.each<[schema: JsonObject, value: JsonObject]>([
    [{ required: ['id', 'schema', 'last_modified'] }, {}],
    [{ additionalProperties: false }, { id: 'r', schema: 1, last_modified: 1 }],
    [{ properties: { schema: { type: 'string' } } }, { schema: 1 }],
  ])('%j cannot be broken by %j', (schema, value) => {
    expect(refusalOf(schema, value)).toBeUndefined();
  });

  it('is not the id, if the schema speaks of it', () => {
    const schema = { properties: { id: { pattern: '^q' } }, required: ['id'] };
    expect(refusalOf(schema, {})).toEqual(['id', "'id' is a required property"]);
    expect(refusalOf(schema, { id: 'r' })).toEqual(['id', "'r' does not match '^q'"]);
    expect(refusalOf(schema, { id: 'q' })).toBeUndefined();
  });
});

describe('An attribute that must be a schema', () => {
  it.each<[schema: JsonValue, description: string]>([
    [null, '"None" is not a mapping type: Does not implement dict-like functionality.'],
    ['x', '"x" is not a mapping type: Does not implement dict-like functionality.'],
    [{ type: 'Washmachine' }, "type'Washmachine' is not valid under any of the given schemas"],
    [{ type: [] }, 'type[] is not valid under any of the given schemas'],
    [{ properties: { a: 5 } }, "a5 is not of type 'object', 'boolean'"],
    [{ properties: { a: { minimum: 'x' } } }, "minimum'x' is not of type 'number'"],
    [{ required: ['a', 'a'] }, "required['a', 'a'] has non-unique elements"],
    [{ required: [1] }, "01 is not of type 'string'"],
    [{ minLength: -1 }, 'minLength-1 is less than the minimum of 0'],
    [{ exclusiveMinimum: true }, "exclusiveMinimumTrue is not of type 'number'"],
    [{ allOf: [] }, 'allOf[] should be non-empty'],
    [{ pattern: '[' }, "pattern'[' is not a 'regex'"],
    [{ patternProperties: { '[': {} } }, "patternProperties'[' is not a 'regex'"],
    [{ pattern: '(?=a)' }, "pattern'(?=a)' is not a 'regex' that can be searched in linear time"],
    [{ pattern: '(a)\\1' }, "pattern'(a)\\\\1' is not a 'regex' that can be searched in linear time"],
  ])('cannot be %j', (schema, description) => {
    expect(schemaProblems({ schema }, ['schema'], 'data.')).toEqual([
      { location: 'body', name: 'data.schema', description },
    ]);
  });

  it.each<[schema: JsonObject]>([
    [{}],
    [{ enum: [] }],
    [{ minLength: 1.0 }],
    [{ $schema: 'not a uri' }],
    [{ $defs: { a: 5 }, prefixItems: 5 }],
    [{ type: ['string', 'null'], pattern: '^[a-z]{1,64}$', additionalProperties: false }],
  ])('can be %j', (schema) => {
    expect(schemaProblems({ schema, other: 5 }, ['schema'], '')).toEqual([]);
  });
});
