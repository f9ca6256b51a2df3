import fc, { type Arbitrary } from 'fast-check';
import { batchStep } from '../generate/batches.js';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { user } from '../generate/values.js';
import type { Profile, Step } from '../step.js';

const HISTORY = '/v1/buckets/{{name}}a/history';

const QUERIES: readonly NonNullable<Step['query']>[] = [
  [],
  [],
  [['_limit', '2']],
  [['_sort', 'last_modified']],
  [['resource_name', 'record']],
  [['action', 'delete']],
  [['user_id', '{{user:alice}}']],
  [['record_id', 'r1']],
  [['record_id', '1']],
  [['collection_id', 'c']],
  [['like_uri', '*records*']],
  [['target.data.n', '1']],
  [['_since', '{{etag:1}}']],
  [['_fields', 'uri,action']],
  [['_fields', 'foo']],
  [['foo', '1']],
  [['gt_foo', '1']],
  [['_sort', 'foo']],
  [['in_action', 'create,update']],
  [['has_record_id', 'true']],
];

const ask: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'DELETE'), fc.constantFrom(...QUERIES), user)
  .map(([method, query, who]) => ({ method, path: HISTORY, query, user: who }));

const other: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(
      '/v1/buckets/{{name}}a/snapshot/collections/c@{{etag:1}}',
      '/v1/buckets/{{name}}a/snapshot/collections/c@{{etag:3}}',
      '/v1/buckets/{{name}}a/snapshot/collections/c@0',
      '/v1/buckets/{{name}}a/snapshot/collections/c@abc',
      '/v1/buckets/{{name}}a/snapshot/collections/c@-1',
      '/v1/buckets/{{name}}a/snapshot/collections/none@{{etag:0}}',
      '/v1/buckets/{{name}}b/history',
      `${HISTORY}/{{id:0}}`,
      '{{next:0}}',
      '/v1/',
    ),
    user,
  )
  .map(([path, who]) => ({ method: 'GET', path, user: who }));

const misplaced: Arbitrary<Step> = fc
  .constantFrom('POST', 'PUT', 'PATCH')
  .map((method) => ({ method, path: HISTORY, user: 'alice' }));

const steps = fc.oneof(
  { weight: 12, arbitrary: anyStep() },
  { weight: 5, arbitrary: ask },
  { weight: 2, arbitrary: other },
  { weight: 1, arbitrary: misplaced },
);

/** What has happened to a bucket. */
export const history: Profile = {
  name: 'history',
  ini: ['kinto.includes = kinto.plugins.default_bucket kinto.plugins.history'],
  weight: 2,
  scenario: scenarioOf(fc.oneof({ weight: 8, arbitrary: steps }, { weight: 1, arbitrary: batchStep(steps) })),
};

/** The same, some of it left out. */
export const partialHistory: Profile = {
  name: 'history-partial',
  ini: [
    'kinto.includes = kinto.plugins.history',
    'kinto.history.exclude_resources = /buckets/none /buckets/other/collections/c',
    'kinto.history.auto_trim_max_count = 3',
    'kinto.history.auto_trim_threshold = 1',
  ],
  weight: 0.5,
  scenario: scenarioOf(steps),
};
