import fc, { type Arbitrary } from 'fast-check';
import type { Scenario, Step } from '../step.js';
import { bodyOf, orOdd, patchOf, postBodyOf } from './bodies.js';
import { preflightHeaders, requestHeaders } from './headers.js';
import { listQuery, objectQuery, tombstoneQuery } from './queries.js';
import { idOf, user } from './values.js';

/** A list: what it is of, and the path of the object it is below. */
interface Place {
  readonly resource: string;
  readonly parent: string;
}

export type Resource = 'bucket' | 'group' | 'collection' | 'record';

function placeOf(resource: Resource, bucket: Arbitrary<string>): Arbitrary<Place> {
  if (resource === 'bucket') return fc.constant({ resource, parent: '/v1' });
  if (resource !== 'record') return bucket.map((id) => ({ resource, parent: `/v1/buckets/${id}` }));
  return fc
    .tuple(bucket, idOf('collection'))
    .map(([id, collection]) => ({ resource, parent: `/v1/buckets/${id}/collections/${collection}` }));
}

/** Almost always the same bucket: what happens to one is what is worth watching. */
export const bucketId = fc.oneof(
  { weight: 12, arbitrary: fc.constant('{{name}}a') },
  { weight: 1, arbitrary: idOf('bucket') },
);

const METHODS = { read: 30, head: 5, put: 18, post: 12, patch: 16, delete: 8, options: 2, other: 1 };

/** @param weights of the resources; those of METHODS hold within each */
export function anyStep(
  weights: Readonly<Record<Resource, number>> = { bucket: 3, group: 3, collection: 5, record: 12 },
  bucket: Arbitrary<string> = bucketId,
): Arbitrary<Step> {
  const resources = Object.entries(weights) as [Resource, number][];
  return fc.oneof(
    ...resources.map(([resource, weight]) => ({
      weight,
      arbitrary: placeOf(resource, bucket).chain((place) => stepAt(place)),
    })),
  );
}

function stepAt(place: Place): Arbitrary<Step> {
  return fc.oneof(
    { weight: METHODS.read, arbitrary: reading('GET', place) },
    { weight: METHODS.head, arbitrary: reading('HEAD', place) },
    { weight: METHODS.put, arbitrary: writing('PUT', place) },
    { weight: METHODS.post, arbitrary: writing('POST', place) },
    { weight: METHODS.patch, arbitrary: writing('PATCH', place) },
    { weight: METHODS.delete, arbitrary: deleting(place) },
    { weight: METHODS.options, arbitrary: preflight(place) },
    { weight: METHODS.other, arbitrary: misplaced(place) },
  );
}

function listPath({ parent, resource }: Place): string {
  return `${parent}/${resource}s`;
}

function objectPath(place: Place): Arbitrary<string> {
  // Of buckets only those of the scenario: another one's may be anything.
  return idOf(place.resource).map((id) => `${listPath(place)}/${id}`);
}

/** The list of buckets is everybody's: each scenario looks at its own only. */
function scoped(place: Place, query: Arbitrary<Step['query']>): Arbitrary<NonNullable<Step['query']>> {
  return query.map((pairs = []) => {
    if (place.resource !== 'bucket') return pairs;
    return [...pairs.filter(([name]) => name !== 'like_id'), ['like_id', '{{name}}*'] as const];
  });
}

/** Whether nobody in particular may have the list of buckets depends on what other scenarios have left. */
function listerOf({ resource }: Place): Arbitrary<string | null> {
  return resource === 'bucket' ? user.map((who) => who ?? 'alice') : user;
}

function reading(method: string, place: Place): Arbitrary<Step> {
  const list = fc.record({
    method: fc.constant(method),
    path: fc.constant(listPath(place)),
    query: scoped(place, listQuery),
    headers: requestHeaders,
    user: listerOf(place),
  });
  const object = fc.record({
    method: fc.constant(method),
    path: objectPath(place),
    query: objectQuery,
    headers: requestHeaders,
    user,
  });
  const next = fc.record({ method: fc.constant(method), path: fc.constant('{{next:0}}'), user });
  return fc.oneof({ weight: 10, arbitrary: list }, { weight: 8, arbitrary: object }, { weight: 3, arbitrary: next });
}

function writing(method: 'PUT' | 'POST' | 'PATCH', place: Place): Arbitrary<Step> {
  const path = method === 'POST' ? fc.constant(listPath(place)) : objectPath(place);
  const content = {
    PUT: () => bodyOf(place.resource).map((body) => ({ body })),
    POST: () => postBodyOf(place.resource).map((body) => ({ body })),
    PATCH: () => patchOf(place.resource),
  }[method]();
  return fc.tuple(path, orOdd(content), requestHeaders, user).map(([to, what, headers, who]) => ({
    method,
    path: to,
    ...what,
    headers: [...headers, ...(what.headers ?? [])],
    user: who,
  }));
}

function deleting(place: Place): Arbitrary<Step> {
  const object = fc.record({
    method: fc.constant('DELETE'),
    path: objectPath(place),
    query: tombstoneQuery,
    headers: requestHeaders,
    user,
  });
  const list = fc.record({
    method: fc.constant('DELETE'),
    path: fc.oneof(
      { weight: 4, arbitrary: fc.constant(listPath(place)) },
      { weight: 1, arbitrary: fc.constantFrom('{{more:0}}', '{{more:0}}', '{{next:0}}') },
    ),
    query: scoped(place, listQuery),
    headers: requestHeaders,
    user: listerOf(place),
  });
  return fc.oneof({ weight: 3, arbitrary: object }, { weight: 2, arbitrary: list });
}

function preflight(place: Place): Arbitrary<Step> {
  return fc.record({
    method: fc.constant('OPTIONS'),
    path: fc.oneof(fc.constant(listPath(place)), objectPath(place)),
    headers: preflightHeaders,
    user,
  });
}

/** Methods that the path does not have. */
function misplaced(place: Place): Arbitrary<Step> {
  return fc.oneof(
    fc.record({
      method: fc.constantFrom('PUT', 'PATCH'),
      path: fc.constant(listPath(place)),
      user,
      headers: requestHeaders,
    }),
    fc.record({ method: fc.constantFrom('POST', 'TRACE'), path: objectPath(place), user, headers: requestHeaders }),
  );
}

function made(path: string, body: Step['body']): Step {
  return { method: 'PUT', path, user: 'alice', ...(body === undefined ? {} : { body }) };
}

/** What most scenarios begin with: a bucket, a collection, some records, so that there is something to ask for. */
export const prelude: Arbitrary<Scenario> = fc
  .tuple(bodyOf('bucket'), bodyOf('collection'), fc.array(bodyOf('record'), { maxLength: 4 }), bodyOf('group'))
  .map(([bucket, collection, records, group]) => [
    made('/v1/buckets/{{name}}a', bucket),
    made('/v1/buckets/{{name}}a/collections/c', collection),
    ...records.map((record, index) => made(`/v1/buckets/{{name}}a/collections/c/records/r${index + 1}`, record)),
    made('/v1/buckets/{{name}}a/groups/g', group),
  ]);

/** @param steps what may come after the prelude */
export function scenarioOf(steps: Arbitrary<Step>, before: Arbitrary<Scenario> = prelude): Arbitrary<Scenario> {
  return fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: before }, { weight: 1, arbitrary: fc.constant<Scenario>([]) }),
      fc.array(steps, { minLength: 4, maxLength: 16, size: 'max' }),
    )
    .map(([first, then]) => [...first, ...then]);
}
