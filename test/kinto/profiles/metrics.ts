import fc, { type Arbitrary } from 'fast-check';
import { preflightHeaders, requestHeaders } from '../generate/headers.js';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import { user } from '../generate/values.js';
import type { Profile, Step } from '../step.js';

const ask: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(
      '/v1/__metrics__',
      '/v1/__metrics__',
      '/v1/__metrics__',
      '/__metrics__',
      '/v1/__metrics__/',
      '/v1/',
    ),
    fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'),
    user,
  )
  .chain(([path, method, who]) =>
    (method === 'OPTIONS' ? preflightHeaders : requestHeaders).map((headers) => ({ method, path, headers, user: who })),
  );

/** What is measured: the names, and how they are asked for. */
export const metrics: Profile = {
  name: 'metrics',
  ini: [
    'kinto.includes = kinto.plugins.prometheus kinto.plugins.default_bucket',
    'kinto.prometheus_disabled_metrics = request_size kinto_backend_cache_get',
  ],
  weight: 0.3,
  scenario: scenarioOf(
    fc.oneof({ weight: 2, arbitrary: ask }, { weight: 2, arbitrary: anyStep() }, { weight: 1, arbitrary: utilityStep }),
  ),
};
