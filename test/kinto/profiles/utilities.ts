import fc, { type Arbitrary } from 'fast-check';
import { anyStep, prelude, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import { user } from '../generate/values.js';
import type { Profile, Scenario, Step } from '../step.js';

const FLUSH: Step = { method: 'POST', path: '/v1/__flush__', user: null };

const flushed: Arbitrary<Scenario> = prelude.map((steps) => [FLUSH, ...steps]);

const whole: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('/v1/__flush__', '/v1/__counters__', '/v1/__counters__', '/v1/__counters__', '/v1/'),
    fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'DELETE'),
    user,
  )
  .map(([path, method, who]) => ({ method, path, user: who }));

/** All of the server at once: emptied, and counted. Each scenario begins with nothing at all. */
export const everything: Profile = {
  name: 'flush-counters',
  ini: ['kinto.includes = kinto.plugins.flush kinto.plugins.counters'],
  weight: 0.5,
  scenario: scenarioOf(
    fc.oneof(
      { weight: 5, arbitrary: anyStep() },
      { weight: 2, arbitrary: whole },
      { weight: 1, arbitrary: utilityStep },
    ),
    flushed,
  )
    .map((scenario) => (scenario[0] === FLUSH ? scenario : [FLUSH, ...scenario]))
    // Here a flush does not turn the clock of the lists back, so nothing may put it forward.
    .filter((scenario) => !/\+\d{4}/.test(JSON.stringify(scenario))),
};

const remove: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(
      '{{user:alice}}',
      '{{user:bob}}',
      '{{user:carol}}',
      'nobody',
      '%2Fbuckets%2F{{name}}a%2Fgroups%2Fg',
    ),
    fc.constantFrom('DELETE', 'DELETE', 'DELETE', 'DELETE', 'GET', 'PUT'),
    user,
  )
  .map(([principal, method, who]) => ({ method, path: `/v1/__user_data__/${principal}`, user: who }));

/** What belongs to somebody who is to be forgotten. */
export const userData: Profile = {
  name: 'user-data',
  ini: ['kinto.user-data_delete_principals = system.Authenticated'],
  weight: 0.5,
  scenario: scenarioOf(fc.oneof({ weight: 6, arbitrary: anyStep() }, { weight: 1, arbitrary: remove })),
};

const QUERIES: readonly NonNullable<Step['query']>[] = [
  [],
  [],
  [['resource_name', 'record']],
  [['_limit', '2']],
  [['_sort', 'uri']],
  [['_sort', 'resource_name,-uri']],
  [['_sort', 'foo']],
  [['_fields', 'uri']],
  [['_fields', 'foo']],
  [['record_id', 'r1']],
  [['foo', '1']],
  [['permissions', 'read']],
  [['contains_permissions', '"write"']],
  [['_since', '1']],
];

const ask: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'), fc.constantFrom(...QUERIES), user)
  .map(([method, query, who]) => ({
    method,
    path: '/v1/permissions',
    // What everybody may, everybody would see of all scenarios.
    query: [...query, ['like_uri', '/buckets/{{name}}*'] as const],
    user: who,
  }));

const next: Arbitrary<Step> = user.map((who) => ({ method: 'GET', path: '{{next:0}}', user: who }));

/** Sorted by URIs, ids that the servers have made are in an order of chance. */
const named = anyStep().filter(
  ({ method, body }) => method !== 'POST' || /"id":"[^"]/.test(JSON.stringify(body ?? '')),
);

/** What the caller may do, over all objects. */
export const permissions: Profile = {
  name: 'permissions',
  ini: ['kinto.experimental_permissions_endpoint = true'],
  scenario: scenarioOf(
    fc.oneof({ weight: 6, arbitrary: named }, { weight: 4, arbitrary: ask }, { weight: 1, arbitrary: next }),
  ),
};
