import { join } from 'node:path';
import fc, { type Arbitrary } from 'fast-check';
import { batchStep } from '../generate/batches.js';
import { uploads } from '../generate/forms.js';
import { requestHeaders } from '../generate/headers.js';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import { user } from '../generate/values.js';
import type { Profile, Scenario, Step } from '../step.js';
import type { Surroundings } from '../surroundings.js';

const RECORDS = '/v1/buckets/{{name}}a/collections/c/records';

const recordId = fc.constantFrom('r1', 'r1', 'r2', 'r9', '{{id:0}}', '_x');

const path: Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: recordId.map((id) => `${RECORDS}/${id}/attachment`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/v1/buckets/{{name}}a/collections/none/records/r1/attachment',
      '/v1/buckets/{{name}}none/collections/c/records/r1/attachment',
      '/v1/buckets/default/collections/c/records/r1/attachment',
      '/v1/buckets/default/collections/c/records/r1/attachment',
      '/v1/buckets/{{name}}a/collections/c/attachment',
      `${RECORDS}/r1/attachment/`,
    ),
  },
);

const upload: Arbitrary<Step> = fc
  .tuple(path, uploads, user)
  .map(([where, content, who]) => ({ method: 'POST', path: where, ...content, user: who }));

const other: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('DELETE', 'DELETE', 'DELETE', 'GET', 'HEAD', 'PATCH', 'OPTIONS'),
    path,
    fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: requestHeaders }),
    user,
  )
  .map(([method, where, headers, who]) => {
    // A precondition of a DELETE counts here and not there.
    return { method, path: where, headers: headers.filter(([name]) => !name.startsWith('If-')), user: who };
  });

/** What a record says of its file, changed by hand. */
const byHand: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('PUT', 'PATCH'), recordId, fc.constantFrom(null, {}, { filename: 'mine' }, 'x', 0), user)
  .map(([method, id, attachment, who]) => ({
    method,
    path: `${RECORDS}/${id}`,
    user: who,
    body: { data: { attachment } },
  }));

const look: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('r1', 'r2', 'r9'), user)
  .map(([id, who]) => ({ method: 'GET', path: `${RECORDS}/${id}`, user: who }));

const remove: Arbitrary<Step> = fc
  .constantFrom('/v1/buckets/{{name}}a', '/v1/buckets/{{name}}a/collections/c', RECORDS, `${RECORDS}/r1`)
  .map((where) => ({ method: 'DELETE', path: where, user: 'alice' }));

const before: Arbitrary<Scenario> = fc.constant([
  {
    method: 'PUT',
    path: '/v1/buckets/{{name}}a',
    user: 'alice',
    body: { permissions: { 'collection:create': ['{{user:bob}}'] } },
  },
  {
    method: 'PUT',
    path: '/v1/buckets/{{name}}a/collections/c',
    user: 'alice',
    body: { permissions: { 'record:create': ['{{user:bob}}'], read: ['system.Everyone'] } },
  },
  { method: 'PUT', path: `${RECORDS}/r1`, user: 'alice', body: { data: { n: 1 } } },
]);

const single = fc.oneof(
  { weight: 3, arbitrary: other },
  { weight: 2, arbitrary: byHand },
  { weight: 3, arbitrary: look },
  { weight: 1, arbitrary: remove },
  { weight: 3, arbitrary: anyStep({ bucket: 1, group: 1, collection: 2, record: 8 }) },
);

const scenario = scenarioOf(
  fc.oneof(
    { weight: 9, arbitrary: upload },
    { weight: 9, arbitrary: single },
    { weight: 1, arbitrary: batchStep(single) },
    { weight: 1, arbitrary: utilityStep },
  ),
  before,
);

/** Each server has a directory for its files. */
function surround(directory: string): Promise<Surroundings> {
  return Promise.resolve({ iniOf: (peer) => [`kinto.attachment.base_path = ${join(directory, `${peer}-files`)}`] });
}

/** Files beside records. */
export const attachments: Profile = {
  name: 'attachments',
  ini: ['kinto.includes = kinto_attachment'],
  surround,
  scenario,
};

/** The same with most of what can be set. */
export const namedAttachments: Profile = {
  name: 'attachments-named',
  ini: [
    'kinto.includes = kinto_attachment kinto.plugins.default_bucket',
    'kinto.attachment.base_url = https://files.test/kept/',
    'kinto.attachment.extra.base_url = https://cdn.test/kept',
    'kinto.attachment.folder = {bucket_id}/{collection_id}',
    'kinto.attachment.extensions = text+json html+exe',
    'kinto.attachment.randomize = false',
    'kinto.attachment.keep_old_files = true',
    'kinto.attachment.mimetypes = .html:text/x-page;.json:application/x-data',
    'kinto.attachment.max_size_bytes = 150',
  ],
  weight: 0.5,
  surround,
  scenario,
};
