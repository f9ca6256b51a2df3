import { uriParts } from '../../src/wire/uri.js';

describe('The parts of a URI', () => {
  it.each([
    ['', {}],
    ['/buckets', {}],
    ['/buckets/b', { bucket_id: 'b' }],
    ['/buckets/b/groups', { bucket_id: 'b' }],
    ['/buckets/b/groups/g', { bucket_id: 'b', group_id: 'g' }],
    ['/buckets/b/collections/c/records/r', { bucket_id: 'b', collection_id: 'c', record_id: 'r' }],
    ['/accounts/ann', { account_id: 'ann' }],
    ['/buckets/b/history/h', { bucket_id: 'b', history_id: 'h' }],
  ])('of "%s" are named by their resource', (uri, parts) => {
    expect(uriParts(uri)).toEqual(parts);
  });
});
