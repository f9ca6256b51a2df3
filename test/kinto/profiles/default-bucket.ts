import fc from 'fast-check';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import type { Profile } from '../step.js';

const steps = anyStep(
  { bucket: 0, group: 2, collection: 5, record: 10 },
  fc.constantFrom('default', 'default', '{{name}}a'),
);

const own = fc.constantFrom(
  ...['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'].map((method) => ({
    method,
    path: '/v1/buckets/default',
    user: 'alice',
    ...(method === 'PATCH' ? { body: { data: { n: 1 } } } : {}),
  })),
  { method: 'PUT', path: '/v1/buckets/default', user: 'alice', body: { data: { id: 'default', n: 1 } } },
  { method: 'GET', path: '/v1/buckets/default', user: null },
  { method: 'GET', path: '/v1/buckets/defaultx', user: 'alice' },
  // By somebody who asks for nothing else: Kinto's memory keeps what was begun for them.
  { method: 'GET', path: '/v1/buckets/default/', user: 'erin' },
  { method: 'GET', path: '/v1/buckets/default/nothing', user: 'erin' },
  { method: 'GET', path: '/v1/buckets/default/collections/c/', user: 'erin' },
  { method: 'GET', path: '/v1/buckets/default/collections/_x/records', user: 'alice' },
  { method: 'POST', path: '/v1/buckets/default/collections', user: 'alice', body: { data: { id: 'default-c' } } },
  { method: 'POST', path: '/v1/buckets/default/collections/c/records', user: 'alice', raw: '{' },
);

/** The alias for the caller's own bucket. */
export const defaultBucket: Profile = {
  name: 'default-bucket',
  ini: ['kinto.includes = kinto.plugins.default_bucket'],
  weight: 2,
  scenario: scenarioOf(
    fc.oneof({ weight: 12, arbitrary: steps }, { weight: 4, arbitrary: own }, { weight: 1, arbitrary: utilityStep }),
    fc.constant([]),
  ),
};
