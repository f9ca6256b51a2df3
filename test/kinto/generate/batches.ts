import fc, { type Arbitrary } from 'fast-check';
import { ABSENT } from '../exchange.js';
import type { Json, JsonMap, Step } from '../step.js';
import { requestHeaders } from './headers.js';
import { user } from './values.js';

/** What a batch can carry of a request: a body that is an object, and headers that are strings. */
function partOf({ method, path, query, headers = [], body }: Step): Step {
  const kept = headers.filter(([, value]) => value !== ABSENT);
  const isMap = body !== undefined && body !== null && typeof body === 'object' && !Array.isArray(body);
  return {
    // As GET they would list what is everybody's.
    method: ['OPTIONS', 'TRACE'].includes(method) ? 'PUT' : method,
    path,
    user: null,
    ...(query === undefined ? {} : { query }),
    ...(kept.length === 0 ? {} : { headers: kept }),
    ...(isMap ? { body } : {}),
  };
}

/** Several requests in one. */
export function batchStep(steps: Arbitrary<Step>): Arbitrary<Step> {
  const sensible = fc
    .tuple(fc.array(steps.map(partOf), { maxLength: 6, size: 'max' }), user, requestHeaders)
    .map(([batch, who, headers]): Step => {
      // Of the outer request only who asks counts; a precondition there would hold for every part.
      const outer = headers.filter(([name]) => /^(?:authorization|origin)$/i.test(name));
      return { method: 'POST', path: '/v1/batch', user: who, batch, headers: outer };
    });
  return fc.oneof({ weight: 5, arbitrary: sensible }, { weight: 2, arbitrary: oddBatch });
}

const A = '/buckets/{{name}}a';
const many = (count: number): Json => Array.from({ length: count }, () => ({ path: A }));

const ODD: readonly JsonMap[] = [
  {},
  { requests: [] },
  { requests: null },
  { requests: {} },
  { requests: 'x' },
  { requests: [1] },
  { requests: [{}] },
  { requests: [null] },
  { requests: [{ path: A }], foo: 1 },
  { requests: [{ path: A, foo: 1 }] },
  { requests: [{ path: 'buckets' }] },
  { requests: [{ path: 1 }] },
  { requests: [{ path: '' }] },
  { requests: [{ path: A, method: 'get' }] },
  { requests: [{ path: A, method: 'OPTIONS' }] },
  { requests: [{ path: A, method: 'TRACE' }] },
  { requests: [{ path: A, headers: { a: 1 } }] },
  { requests: [{ path: A, headers: { a: null } }] },
  { requests: [{ path: A, headers: [] }] },
  { requests: [{ path: A, method: 'PUT', body: [] }] },
  { requests: [{ path: A, method: 'PUT', body: null }] },
  { requests: [{ path: A, method: 'PUT', body: 'x' }] },
  { requests: [{ path: '/batch', method: 'POST' }] },
  { requests: [{ path: '/v1/batch', method: 'POST' }] },
  { requests: many(25) },
  { requests: many(26) },
  { defaults: { method: 'PUT' }, requests: [{ path: A }, { path: `${A}/groups/g`, method: 'GET' }] },
  { defaults: { path: A }, requests: [{}, { method: 'HEAD' }] },
  { defaults: { method: 'PUT', body: { data: { n: 1 } } }, requests: [{ path: A, body: { data: { s: 'a' } } }] },
  { defaults: { headers: { 'If-None-Match': '*' } }, requests: [{ path: A, method: 'PUT', headers: { x: 'y' } }] },
  { defaults: { method: 'BREW' }, requests: [] },
  { defaults: { foo: 1 }, requests: [] },
  { defaults: null, requests: [] },
  { defaults: [], requests: [] },
  { requests: [{ path: '/v2/x' }, { path: '/v1' }, { path: '/' }, { path: `/v1${A}/` }, { path: '/nowhere' }] },
  { requests: [{ path: `${A}?_fields=n` }, { path: '/buckets/%C3%A9' }, { path: '/buckets/é' }] },
];

const oddBatch: Arbitrary<Step> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ODD), user)
    .map(([body, who]) => ({ method: 'POST', path: '/v1/batch', user: who, body })),
  fc.constantFrom<Step>(
    { method: 'GET', path: '/v1/batch', user: 'alice' },
    { method: 'PUT', path: '/v1/batch', user: 'alice', body: { requests: [] } },
    { method: 'POST', path: '/v1/batch', user: 'alice' },
    { method: 'POST', path: '/v1/batch', user: 'alice', raw: '{' },
    { method: 'POST', path: '/v1/batch', user: 'alice', raw: 'null' },
    {
      method: 'POST',
      path: '/v1/batch',
      user: 'alice',
      body: { requests: [] },
      headers: [['Content-Type', 'text/plain']],
    },
    { method: 'POST', path: '/v1/batch', user: 'alice', body: { requests: [] }, headers: [['Accept', 'text/html']] },
  ),
);
