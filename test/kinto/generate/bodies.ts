import fc, { type Arbitrary } from 'fast-check';
import type { Json, JsonMap, Step } from '../step.js';
import { anyValue, fields, IDS, permissionsOf, suggestedBucketTime, suggestedTime } from './values.js';

type Content = Pick<Step, 'body' | 'raw' | 'headers'>;

const MEMBERS: readonly Json[] = [
  [],
  ['{{user:bob}}'],
  ['{{user:bob}}', '{{user:carol}}'],
  ['{{user:carol}}', '{{user:carol}}'],
  ['system.Authenticated'],
];
const ODD_MEMBERS: readonly Json[] = [
  ['system.Everyone'],
  ['/buckets/x/groups/g'],
  [''],
  [1],
  [null],
  'bob',
  null,
  { a: 1 },
  ['fxa:x', '/buckets/a'],
];
const SCHEMAS: readonly Json[] = [
  { type: 'object' },
  { type: 'object', properties: { n: { type: 'number' } } },
  {},
  { type: 'Washmachine' },
  null,
  [],
  'x',
  { required: 'n' },
];
const EXPIRIES: readonly Json[] = [0, 10, 3600, '10', 1.5, true, 'abc', null, [], {}, -1];

/** The `data` of an object of this resource. */
function dataOf(resource: string): Arbitrary<JsonMap> {
  const own: Record<string, Arbitrary<Json>> = {};
  if (resource === 'group') {
    own.members = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Json>(...MEMBERS) },
      { weight: 1, arbitrary: fc.constantFrom<Json>(...ODD_MEMBERS) },
    );
  }
  if (resource === 'collection') own.cache_expires = fc.constantFrom<Json>(...EXPIRIES);
  const typed = fc.record<Record<string, Json>>(own, { requiredKeys: [] });
  return fc.tuple(fields, sometimes(4, typed), extras(resource)).map(([free, kept, more]) => {
    return { ...free, ...kept, ...more };
  });
}

/** Rarely: what the server minds about in any object. */
function extras(resource: string): Arbitrary<JsonMap> {
  const schemaKey = resource === 'bucket' ? 'record:schema' : 'schema';
  const time = resource === 'bucket' ? suggestedBucketTime : suggestedTime;
  const suggestion = time.map((value): JsonMap => ({ last_modified: value }));
  const id = fc
    .constantFrom<Json>(...IDS[resource]!, 'other', 1, null, '', true, '_x')
    .map((value): JsonMap => ({ id: value }));
  const odd = fc.oneof(
    fc.constantFrom<JsonMap>({ deleted: true }, { deleted: false }, { 'a.b': 1 }, { __proto: 1 }, { '': 1 }),
    fc.constantFrom<Json>(...SCHEMAS).map((value): JsonMap => ({ [schemaKey]: value })),
  );
  return fc.oneof(
    { weight: 16, arbitrary: fc.constant<JsonMap>({}) },
    { weight: 4, arbitrary: suggestion },
    { weight: 1, arbitrary: id },
    { weight: 1, arbitrary: odd },
  );
}

/** @param chance out of ten */
export function sometimes(chance: number, arbitrary: Arbitrary<JsonMap>): Arbitrary<JsonMap> {
  return fc.oneof({ weight: chance, arbitrary }, { weight: 10 - chance, arbitrary: fc.constant<JsonMap>({}) });
}

/** `data` and `permissions` as PUT and POST take them. */
export function bodyOf(resource: string): Arbitrary<JsonMap> {
  const data = dataOf(resource).map((value): JsonMap => ({ data: value }));
  const permissions = permissionsOf(resource).map((value): JsonMap => ({ permissions: value }));
  return fc.tuple(sometimes(9, data), sometimes(4, permissions)).map(([left, right]) => ({ ...left, ...right }));
}

/** POST: the id is in the body, or made by the server. */
export function postBodyOf(resource: string): Arbitrary<JsonMap> {
  // A bucket of any other name would be every scenario's.
  const other = resource === 'bucket' ? '{{name}}new' : 'new';
  const ids = fc.constantFrom<Json>(...IDS[resource]!, ...IDS[resource]!, '_x', 1, null, '', other);
  return fc
    .tuple(
      bodyOf(resource),
      sometimes(
        resource === 'bucket' ? 10 : 5,
        ids.map((id) => ({ id })),
      ),
    )
    .map(([body, id]) =>
      Object.keys(id).length === 0 ? body : { ...body, data: { ...(body.data as JsonMap), ...id } },
    );
}

const ODD_BODIES: readonly Content[] = [
  {},
  { raw: '' },
  { raw: '{' },
  { raw: '{"data": }' },
  { raw: '{"data": {"a": NaN}}' },
  { raw: '{"data": {"a": 1e400}}' },
  { raw: '{"data": {"a": Infinity}}' },
  { raw: '{"data": {"a": 1, "a": 2}}' },
  { raw: '{"data": {"a": 9223372036854775808}}' },
  { raw: '{"data": {"a": 9007199254740993}}' },
  { raw: '{"data": {"a": 1.0}}' },
  { raw: '{"data": {}},' },
  { raw: '{data: {}}' },
  { raw: '\uFEFF{"data": {}}' },
  { raw: 'null' },
  { raw: '[]' },
  { raw: '"x"' },
  { raw: '12' },
  { body: { foo: 1 } },
  { body: { data: {}, foo: 1 } },
  { body: { data: null } },
  { body: { data: [] } },
  { body: { data: 'x' } },
  { body: { permissions: null } },
  { body: { data: {}, permissions: {} } },
  { body: { data: { a: 1 } }, headers: [['Content-Type', 'text/plain']] },
  { body: { data: { a: 1 } }, headers: [['Content-Type', 'application/json; charset=utf-8']] },
  { body: { data: { a: 1 } }, headers: [['Content-Type', 'APPLICATION/JSON']] },
  { body: { data: { a: 1 } }, headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
  { body: { data: { a: 1 } }, headers: [['Content-Type', '\0']] },
];

/** Once in a while something that is no proper body. */
export function orOdd(arbitrary: Arbitrary<Content>): Arbitrary<Content> {
  return fc.oneof({ weight: 15, arbitrary }, { weight: 1, arbitrary: fc.constantFrom(...ODD_BODIES) });
}

const MERGE_PATCHES: readonly JsonMap[] = [
  { data: { n: null } },
  { data: { o: { k: null } } },
  { data: { o: { k: { m: 2 } } } },
  { data: { a: null, s: 'b' } },
  { data: { new: { a: { b: null } } } },
  { data: { x: { deep: 1 } } },
  { permissions: { read: null } },
  { permissions: { write: ['{{user:bob}}'] } },
];

function operation(resource: string): Arbitrary<JsonMap> {
  const path = fc.constantFrom('/data/n', '/data/s', '/data/a/0', '/data/a/-', '/data/o/k', '/data/x', '/data/new');
  const permission = fc.constantFrom('read', 'write', ...(resource === 'collection' ? ['record:create'] : []));
  const shared = fc
    .tuple(fc.constantFrom('add', 'remove'), permission, fc.constantFrom('{{user:bob}}', 'system.Everyone'))
    .map(([op, name, principal]): JsonMap => ({ op, path: `/permissions/${name}/${principal}` }));
  const odd = fc.constantFrom<JsonMap>(
    { op: 'replace', path: '/data' },
    { op: 'replace', path: '/data', value: {} },
    { op: 'add', path: '/permissions/read', value: ['{{user:bob}}'] },
    { op: 'remove', path: '/permissions/read' },
    { op: 'jump', path: '/data/n' },
    { op: 'add', path: 'data/n', value: 1 },
    { op: 'add', path: '', value: 1 },
    { path: '/data/n', value: 1 },
    { op: 'add', value: 1 },
    { op: 'add', path: '/data/n', value: 1, extra: 1 },
    { op: 'remove', path: '/data/id' },
    { op: 'replace', path: '/data/id', value: 'other' },
    { op: 'replace', path: '/data/last_modified', value: '{{#stamp:0+5000}}' },
    { op: 'add', path: '/other', value: 1 },
    { op: 'add', path: '/data/a~1b', value: 1 },
    { op: 'test', path: '/data/id', value: 'r1' },
  );
  return fc.oneof(
    fc.record<JsonMap>({ op: fc.constantFrom('add', 'replace', 'test'), path, value: anyValue }),
    fc.record<JsonMap>({ op: fc.constant('remove'), path }),
    fc.record<JsonMap>({ op: fc.constantFrom('move', 'copy'), path, from: path }),
    shared,
    odd,
  );
}

/** All three types of PATCH. */
export function patchOf(resource: string): Arbitrary<Content> {
  const merge = fc
    .oneof(bodyOf(resource), fc.constantFrom(...MERGE_PATCHES))
    .map((body): Content => ({ body, headers: [['Content-Type', 'application/merge-patch+json']] }));
  const operations = fc
    .array(operation(resource), { maxLength: 3 })
    .map((body): Content => ({ body, headers: [['Content-Type', 'application/json-patch+json']] }));
  const odd = fc.constantFrom<Content>(
    { body: { data: {} }, headers: [['Content-Type', 'application/json-patch+json']] },
    { body: [1], headers: [['Content-Type', 'application/json-patch+json']] },
    { raw: '{', headers: [['Content-Type', 'application/merge-patch+json']] },
    { body: { data: { n: null } }, headers: [['Content-Type', 'application/merge-patch+json; charset=utf-8']] },
    { body: [], headers: [['Content-Type', 'application/json']] },
    { body: {} },
  );
  return fc.oneof(
    { weight: 4, arbitrary: bodyOf(resource).map((body): Content => ({ body })) },
    { weight: 3, arbitrary: merge },
    { weight: 3, arbitrary: operations },
    { weight: 1, arbitrary: odd },
  );
}
