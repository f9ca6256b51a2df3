import fc, { type Arbitrary } from 'fast-check';
import { requestHeaders } from '../generate/headers.js';
import { listQuery } from '../generate/queries.js';
import { scenarioOf } from '../generate/steps.js';
import { fields } from '../generate/values.js';
import type { Profile, Scenario, Step } from '../step.js';

const RECORDS = '/v1/buckets/{{name}}a/collections/c/records';

/** A collection with enough in it for several pages, and a tombstone or two. */
const full: Arbitrary<Scenario> = fc
  .tuple(fc.array(fields, { minLength: 6, maxLength: 14, size: 'max' }), fc.nat(5))
  .map(([records, gone]) => [
    { method: 'PUT', path: '/v1/buckets/{{name}}a', user: 'alice' },
    { method: 'PUT', path: '/v1/buckets/{{name}}a/collections/c', user: 'alice' },
    ...records.map((data, index): Step => ({
      method: 'PUT',
      path: `${RECORDS}/r${index}`,
      user: 'alice',
      body: { data },
    })),
    { method: 'DELETE', path: `${RECORDS}/r${gone}`, user: 'alice' },
  ]);

const ask: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('GET', 'GET', 'GET', 'HEAD'), listQuery, requestHeaders)
  .map(([method, query, headers]) => ({ method, path: RECORDS, query, headers, user: 'alice' }));

const next: Arbitrary<Step> = fc.constant({ method: 'GET', path: '{{next:0}}', user: 'alice' });

const remove: Arbitrary<Step> = fc
  .tuple(fc.constantFrom(RECORDS, RECORDS, '{{more:0}}'), listQuery)
  .map(([path, query]) => ({ method: 'DELETE', path, query: path === RECORDS ? query : [], user: 'alice' }));

/** Filters, order, pages and fields over many records. */
export const queries: Profile = {
  name: 'queries',
  ini: [],
  weight: 3,
  scenario: scenarioOf(
    fc.oneof({ weight: 10, arbitrary: ask }, { weight: 3, arbitrary: next }, { weight: 1, arbitrary: remove }),
    full,
  ),
};
