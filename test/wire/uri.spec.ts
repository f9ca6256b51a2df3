import { describeUri, uriParts } from '../../src/wire/uri.js';

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

const SHAPES = {
  buckets: 'bucket',
  'buckets/groups': 'group',
  'buckets/collections': 'collection',
  accounts: 'account',
};

describe('What a URI says of its object', () => {
  it.each([
    ['/', { resource_name: 'root' }],
    ['/buckets/b', { resource_name: 'bucket', id: 'b', bucket_id: 'b' }],
    ['/buckets/b/groups/g', { resource_name: 'group', bucket_id: 'b', id: 'g', group_id: 'g' }],
    ['/accounts/ann', { resource_name: 'account', id: 'ann', account_id: 'ann' }],
  ])('%s', (uri, said) => {
    expect(describeUri(uri, SHAPES)).toEqual({ uri, ...said });
  });

  it.each([
    ...['', 'buckets/b', '/buckets', '/buckets/', '/buckets//groups/g', '/buckets/b/groups', '/groups/g', '/nothing/x'],
    ...['/buckets/b/history/h', '/buckets/b/collections/c/records/r', '/constructor/x', '/buckets/b/', '//'],
  ])('is nothing where no resource has such a URI: "%s"', (uri) => {
    expect(describeUri(uri, SHAPES)).toBeUndefined();
  });
});
