import { AppliedSchema } from '../../../src/resources/schemas/applied-schema.js';
import { schemaProblems } from '../../../src/resources/schemas/schema-check.js';
import type { ApiError } from '../../../src/wire/api-error.js';
import type { JsonObject, JsonValue } from '../../../src/wire/json.js';

/** Far more than it takes, far less than a hang. */
const SOON = 15_000;

function nested(levels: number, wrap: (inner: JsonValue) => JsonObject): JsonObject {
  let schema: JsonObject = { type: 'string' };
  for (let level = 0; level < levels; level += 1) schema = wrap(schema);
  return schema;
}

function many<Value>(count: number, make: (index: number) => [string, Value]): Record<string, Value> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));
}

/** Each of 60 leads to the next one twice: 2^60 ways. */
const DOUBLING: JsonObject = {
  $ref: '#/definitions/a0',
  definitions: {
    ...many<JsonValue>(60, (index) => {
      const next = { $ref: `#/definitions/a${index + 1}` };
      return [`a${index}`, { allOf: [next, next] }];
    }),
    a60: {},
  },
};

const HOSTILE: [what: string, schema: JsonObject, value: JsonObject][] = [
  ['references that double', DOUBLING, {}],
  ['a reference to itself', { $ref: '#' }, {}],
  ['a choice of itself', { anyOf: [{ $ref: '#' }, { $ref: '#' }] }, {}],
  [
    'a loop',
    { $ref: '#/definitions/a', definitions: { a: { $ref: '#/definitions/b' }, b: { $ref: '#/definitions/a' } } },
    {},
  ],
  ['a dynamic loop', { $dynamicAnchor: 'x', allOf: [{ $dynamicRef: '#x' }] }, {}],
  [
    'a recursive loop',
    {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      $recursiveAnchor: true,
      allOf: [{ $recursiveRef: '#' }],
    },
    {},
  ],
  [
    'a loop of what is unevaluated',
    {
      unevaluatedProperties: false,
      allOf: [{ $ref: '#/$defs/a' }],
      $defs: { a: { unevaluatedProperties: {}, anyOf: [{ $ref: '#/$defs/a' }, {}] } },
    },
    { a: 1 },
  ],
  [
    'doubling along with the value',
    { properties: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } },
    nested(150, (a) => ({ a })),
  ],
  ['a value deeper than schemas follow', { properties: { a: { $ref: '#' } } }, nested(490, (a) => ({ a }))],
  ['a schema as deep as a body', nested(245, (a) => ({ properties: { a } })), {}],
  ['a schema of negations', nested(495, (not) => ({ not })), {}],
  [
    'a pattern that is large, on a text that is long',
    { properties: { x: { pattern: '(?:[ab]{0,1000})(?:[ab]{0,1000})$' } } },
    { x: 'ab'.repeat(500_000) },
  ],
  [
    'thousands of patterns',
    { patternProperties: many<JsonValue>(5000, (n) => [`a{1,100}b{1,100}${n}`, {}]) },
    { ab: 1 },
  ],
  ['a schema of a hundred thousand attributes', { properties: many<JsonValue>(100_000, (n) => [`p${n}`, {}]) }, {}],
  [
    'a comparison of all with all',
    { properties: { x: { items: { enum: Array.from({ length: 20_000 }, (_, n) => n) } } } },
    { x: Array.from({ length: 20_000 }, () => 1) },
  ],
];

function thrownBy(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('A hostile schema', () => {
  it.each(HOSTILE)('of %s is refused, soon, and by a 400', (_what, schema, value) => {
    const start = performance.now();
    const problems = schemaProblems({ schema }, ['schema'], '');
    const error = thrownBy(() => new AppliedSchema(schema, []).ensureValid(value)) as ApiError;
    expect(error).toMatchObject({ name: 'ApiError', status: 400, details: [{ name: 'schema' }] });
    expect(problems.length).toBeLessThanOrEqual(1);
    expect(performance.now() - start).toBeLessThan(SOON);
  });

  it.each(['(?:[a-z]{1000})'.repeat(100), 'a'.repeat(2001), '('.repeat(100_000), '(?:a{1000}){1000}'])(
    'cannot have the pattern %.40s',
    (pattern) => {
      const start = performance.now();
      const [problem] = schemaProblems({ schema: { pattern } }, ['schema'], '');
      expect(problem?.description).toContain("is not a 'regex'");
      expect(performance.now() - start).toBeLessThan(SOON);
    },
  );

  it('whose pattern would take another engine for ever is searched at once', () => {
    const schema = new AppliedSchema({ properties: { x: { pattern: '(a+)+$' } } }, []);
    const start = performance.now();
    schema.ensureValid({ x: 'a'.repeat(100_000) });
    expect(() => schema.ensureValid({ x: `${'a'.repeat(100_000)}b` })).toThrow('does not match');
    expect(performance.now() - start).toBeLessThan(SOON);
  });

  it('with large lists of different items is not slow', () => {
    const schema = new AppliedSchema({ properties: { x: { uniqueItems: true } } }, []);
    const start = performance.now();
    schema.ensureValid({ x: Array.from({ length: 200_000 }, (_, n) => ({ n })) });
    expect(performance.now() - start).toBeLessThan(SOON);
  });

  it('cannot speak through the names in it', () => {
    const names = ['a"];throw 1;//', "';throw 1;'", '`${(() => { throw 1 })()}`', '__proto__', 'constructor', '\u2028'];
    const properties = Object.fromEntries(names.map((name): [string, JsonValue] => [name, { type: 'string' }]));
    const schema = new AppliedSchema({ properties, required: names, additionalProperties: false }, []);
    expect(() => schema.ensureValid({})).toThrow(`'a"];throw 1;//' is a required property`);
    const value = Object.fromEntries(names.map((name): [string, JsonValue] => [name, 'x']));
    expect(() => schema.ensureValid(value)).not.toThrow();
    expect(({} as Record<string, unknown>).type).toBeUndefined();
  });

  it.each<[schema: JsonObject, why: RegExp]>([
    [{ $ref: '#/title', title: 'x' }, /'x' is not a schema/],
    [{ $ref: '#/enum', enum: [{}] }, /is not a schema/],
    [{ $ref: '#/default', default: { properties: 5 } }, /5 is not of type 'object'/],
    [{ $ref: '#/default', default: { type: 'zz' } }, /Unknown type 'zz'/],
    [{ $ref: '#/default', default: { required: 'a' } }, /'a' is not of type 'array'/],
    [{ $ref: '#/default', default: { propertyNames: { pattern: '(?=a)' } } }, /cannot be used/],
    [{ $id: '::::', $ref: 'http://[' }, /Unresolvable/],
    [{ $ref: '#/%E0%A4%A' }, /PointerToNowhere/],
  ])('that leads to what is no schema, %j, is told so', (schema, why) => {
    expect(() => new AppliedSchema(schema, []).ensureValid({ a: 1 })).toThrow(why);
  });
});
