import { messagesOf, messagesWithin } from '../../src/changes/payload.js';
import { committedChange, impacted } from '../support/committed-change.js';

const OBJECTS = [impacted('a', '{"id":"a","n":1.0}'), impacted('b', '{"id":"b","n":2}', '{"id":"b","n":1}')];
const CHANGE = committedChange({ action: 'update', impacted: OBJECTS, id: 'unit-7:e.1.0000' });

describe('A payload', () => {
  it('is one list of new and old as Kinto’s plugins send it', () => {
    expect(messagesOf('kinto', CHANGE)).toHaveLength(1);
  });

  it('is each object as its list has it', () => {
    expect(messagesOf('object', CHANGE)).toEqual(['{"id":"a","n":1.0}', '{"id":"b","n":2}']);
  });

  it('is a change object for each, with the very text of its data', () => {
    const [first, second] = messagesOf('change', CHANGE);
    expect(first).toContain('"data":{"id":"a","n":1.0}}');
    expect(JSON.parse(second!)).toEqual({
      position: 'e.1.0000',
      uri: '/buckets/home/collections/tasks/records/b',
      resource: 'record',
      action: 'update',
      timestamp: 1_763_700_000_000,
      request_id: 'unit-7',
      last: true,
      user_id: 'basicauth:alice',
      data: { id: 'b', n: 2 },
      old: { id: 'b', n: 1 },
    });
  });

  it('that is too large becomes a notice, and its neighbours stay', () => {
    const objects = [...OBJECTS, impacted('c', JSON.stringify({ id: 'c', t: 'é'.repeat(400) }))];
    const messages = messagesWithin(300, 'object', CHANGE, objects);
    expect(messages.slice(0, 2)).toEqual(messagesOf('object', CHANGE));
    expect(JSON.parse(messages[2]!)).toMatchObject({ too_large: true, count: 1 });
  });
});
