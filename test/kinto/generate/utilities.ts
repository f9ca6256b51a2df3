import fc, { type Arbitrary } from 'fast-check';
import type { Step } from '../step.js';
import { preflightHeaders, requestHeaders } from './headers.js';
import { user } from './values.js';

const PATHS = [
  '/v1/',
  '/v1/',
  '/v1/__heartbeat__',
  '/v1/__lbheartbeat__',
  '/v1/__version__',
  '/v1/contribute.json',
  '/v1/__user_data__',
  '/v1/__user_data__/{{user:bob}}',
  // Of plugins, most of which are not there.
  '/v1/__metrics__',
  '/v1/__counters__',
  '/v1/__flush__',
  '/v1/admin',
  '/v1/admin/',
  '/v1/accounts',
  '/v1/accounts/{{name}}alice',
  '/v1/openid/one/login',
  '/v1/attachments/a.txt',
  '/v1/permissions',
  '/v1/buckets/{{name}}a/history',
  '/v1/buckets/{{name}}a/collections/c/records/r1/attachment',
  // What leads elsewhere or nowhere (kinto-api.md, 1.2).
  '/',
  '/buckets',
  '/buckets?_limit=1&x=a%20b',
  '/vx',
  '/v0/buckets',
  '/v2/buckets/a',
  '/v1',
  '/v1x/',
  '/v1x',
  '/v1/buckets/',
  '/v1/buckets/{{name}}a/?_fields=n',
  '/v1/buckets/{{name}}a/collections/',
  '/v1/nowhere',
  '/v1/nowhere/',
  '/v1/nowhere//',
  '/v1//buckets',
  '/v1/buckets/a%2Fb',
  '/v1/buckets/{{name}}a/nothing',
  '/v1/buckets/{{name}}a/collections/c/records/r1/more',
  '/v1/buckets/%E9',
  '/v1/buckets/{{name}}a/collections/c/records?n=%E9',
  '/v1/buckets/{{name}}a/collections/c/records?n=%',
  '/v1/buckets/{{name}}a/collections/c/records?n',
  '/v1/buckets/{{name}}a/collections/c/records?n=1&n=2',
  '/v1/buckets/{{name}}a/collections/c/records?=1',
  '/v1/buckets/{{name}}a/collections/c/records?_sort=+n',
  '/v1/buckets/{{name}}a/collections/c/records?s=a+b',
  '/v1/buckets/{{name}}a/collections/c/records?',
  '/v1/buckets/{{name}}a/collections/_x/records',
  '/v1/buckets/__x/collections',
];

/** Everything that is not a bucket or below one, and paths that are nothing. */
export const utilityStep: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(...PATHS),
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('GET') },
      { weight: 3, arbitrary: fc.constantFrom('HEAD', 'OPTIONS') },
      { weight: 2, arbitrary: fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE') },
    ),
    user,
  )
  .chain(([path, method, who]) =>
    (method === 'OPTIONS' ? preflightHeaders : requestHeaders).map((headers) => ({ method, path, headers, user: who })),
  );
