import { kintoPayload, tooLargeNotice } from '../../src/changes/kinto-payload.js';
import { messagesWithin } from '../../src/changes/payload.js';
import { committedChange, impacted } from '../support/committed-change.js';

describe("Kinto's payload", () => {
  it('is the list of new and old, the objects as they are stored', () => {
    expect(kintoPayload([impacted('a', '{"a":1.0}'), impacted('b', '{"b":2}', '{"b":1}')])).toBe(
      '[{"new":{"a":1.0}},{"new":{"b":2},"old":{"b":1}}]',
    );
  });
});

describe('The notice in place of a payload', () => {
  it('leads to the object when it is one and still there', () => {
    expect(JSON.parse(tooLargeNotice(committedChange(), [impacted('r1')]))).toEqual({
      too_large: true,
      uri: '/buckets/home/collections/tasks/records/r1',
      count: 1,
      last_modified: 1_763_700_000_000,
    });
  });

  it('leads to the list when the object is gone, or there are several', () => {
    const uri = '/buckets/home/collections/tasks/records';
    const gone = tooLargeNotice(committedChange({ action: 'delete' }), [impacted('r1')]);
    const several = tooLargeNotice(committedChange(), [impacted('r1'), impacted('r2')]);
    expect(JSON.parse(gone)).toMatchObject({ uri, count: 1 });
    expect(JSON.parse(several)).toMatchObject({ uri, count: 2 });
  });

  it('leads to the root for a bucket', () => {
    const bucket = committedChange({ resourceName: 'bucket', parentId: '', action: 'update' });
    expect(JSON.parse(tooLargeNotice(bucket, [impacted('home')]))).toMatchObject({ uri: '/buckets/home' });
  });
});

describe('A payload with a limit', () => {
  const change = committedChange();

  it('is measured in bytes of UTF-8, the limit included', () => {
    const objects = [impacted('r1', '{"t":"é"}')];
    const bytes = Buffer.byteLength(kintoPayload(objects));
    expect(messagesWithin(bytes, 'kinto', change, objects)).toEqual(['[{"new":{"t":"é"}}]']);
    expect(messagesWithin(bytes - 1, 'kinto', change, objects)).toEqual([tooLargeNotice(change, objects)]);
  });

  it('is not put together when it cannot fit', () => {
    const objects = [impacted('r1', 'x'.repeat(50)), impacted('r2', 'x'.repeat(51))];
    const unread = { ...impacted('r3') };
    Object.defineProperty(unread, 'newText', {
      get: () => {
        throw new Error('It was read in vain');
      },
    });
    expect(messagesWithin(100, 'kinto', change, [...objects, unread])[0]).toContain('"count":3');
  });
});
