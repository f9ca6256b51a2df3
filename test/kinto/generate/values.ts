import fc, { type Arbitrary } from 'fast-check';
import type { Json, JsonMap } from '../step.js';

/** Few values, so that filters find something and patches change something. */
export const NUMBERS = [0, 1, 2, 3, 10, -1, 1.5];
export const STRINGS = ['a', 'b', 'ab', 'abc', 'Abc', 'é', 'zz'];
const LISTS: readonly Json[] = [[], [1], [1, 2], ['a'], ['a', 'b'], [{ k: 1 }], [{ k: 1, z: 2 }], [[1]]];
const MAPS: readonly Json[] = [{}, { k: 1 }, { k: 2, m: 'a' }, { k: null }, { k: { m: 1 } }, { k: [1] }];
const ODD: readonly Json[] = ['', 'a_b', 'a%b', '1', 'true', 'null', '\u{1F600}', 'a.b', ' a ', '"', 1e21, 2 ** 53];

/** Anything JSON can be, of what is worth telling apart. */
export const anyValue: Arbitrary<Json> = fc.constantFrom<Json>(
  ...NUMBERS,
  ...STRINGS,
  ...LISTS,
  ...MAPS,
  ...ODD,
  null,
  true,
  false,
);

/** Field by field of one type, apart from `x`, which is anything. */
export const fields: Arbitrary<JsonMap> = fc.record<JsonMap>(
  {
    n: fc.constantFrom<Json>(...NUMBERS),
    s: fc.constantFrom<Json>(...STRINGS),
    b: fc.boolean(),
    a: fc.constantFrom<Json>(...LISTS),
    o: fc.constantFrom<Json>(...MAPS),
    x: anyValue,
    null: fc.constant(null),
  },
  { requiredKeys: [] },
);

/**
 * What a client may suggest, sensibly and not. Far from the clock, or not on it: a few ms are a matter of luck, and
 * within a minute of it what others have suggested has moved the clock of this server's lists.
 */
export const suggestedTime: Arbitrary<Json> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<Json>('{{#stamp:0}}', '{{#stamp:1}}', '{{#stamp:0+1}}', '{{#stamp:0+5000}}'),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Json>('{{#stamp:0-5000}}', '{{#now+90000}}', '{{#now-5000}}', '{{#now+90000}}'),
  },
  { weight: 2, arbitrary: fc.constantFrom<Json>(0, 1, 42, -1, 'abc', '123', null, 1.5, 12345.0) },
);

/** Of a bucket: the list of buckets is everybody's, so that what one suggests must not stand in another's way. */
export const suggestedBucketTime: Arbitrary<Json> = fc.constantFrom<Json>(
  '{{#stamp:0}}',
  '{{#stamp:0-5000}}',
  'abc',
  null,
);

export const IDS: Readonly<Record<string, readonly string[]>> = {
  bucket: ['{{name}}a', '{{name}}b'],
  group: ['g', 'h'],
  collection: ['c', 'd'],
  record: ['r1', 'r2', 'r3', 'r4', '3f8f1c9e-6f58-4a1c-9f0d-8a4b8f0f7c11'],
};

const ODD_IDS = ['_x', '-x', 'a b', 'é', 'a%2Fb', 'a.b', 'x_-1', '1', 'A', 'default', 'a%0A', '%20', 'a@b', 'none'];

export function idOf(resource: string): Arbitrary<string> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...IDS[resource]!) },
    { weight: 2, arbitrary: fc.constantFrom('{{id:0}}', '{{id:1}}', '{{id:2}}') },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_IDS.map((id) => (resource === 'bucket' ? `{{name}}${id}` : id))) },
  );
}

export const user: Arbitrary<string | null> = fc.oneof(
  { weight: 12, arbitrary: fc.constant('alice') },
  { weight: 4, arbitrary: fc.constant('bob') },
  { weight: 2, arbitrary: fc.constant('carol') },
  { weight: 2, arbitrary: fc.constant(null) },
);

const PRINCIPALS = [
  '{{user:alice}}',
  '{{user:bob}}',
  '{{user:carol}}',
  'system.Everyone',
  'system.Authenticated',
  '/buckets/{{name}}a/groups/g',
  'github:somebody',
];

export const principals: Arbitrary<Json> = fc.subarray(PRINCIPALS, { maxLength: 3 });

export const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  bucket: ['read', 'write', 'collection:create', 'group:create'],
  group: ['read', 'write'],
  collection: ['read', 'write', 'record:create'],
  record: ['read', 'write'],
};

export function permissionsOf(resource: string): Arbitrary<Json> {
  const names = PERMISSIONS[resource]!;
  const sensible = fc.dictionary(fc.constantFrom(...names), principals, { maxKeys: 2 });
  const odd = fc.constantFrom<Json>(
    { read: null },
    { read: 'book' },
    { read: [1] },
    { read: [''] },
    { destroy: ['system.Everyone'] },
    { 'record:create': ['system.Everyone'] },
    { read: ['system.Everyone', 'system.Everyone'] },
    { read: null, write: ['{{user:bob}}'] },
    null,
    [],
    'x',
  );
  return fc.oneof(
    { weight: 12, arbitrary: sensible.map((value): Json => ({ ...value })) },
    { weight: 1, arbitrary: odd },
  );
}
