import type { JsonObject } from '../../../src/wire/json.js';
import { readListQuery } from '../../../src/wire/query/list-query.js';
import { projectFields } from '../../../src/wire/query/projection.js';

const OBJECT: JsonObject = {
  id: 'r',
  last_modified: 12,
  n: { q: 1, r: { s: 2, t: 3 } },
  x: 5,
  a: [1, { q: 1 }],
  nothing: null,
  'd.e': 7,
};

function show(text: string): JsonObject {
  const { fields } = readListQuery([['_fields', text]], { maxFetchSize: 10, nowMs: 0 }).getQuery();
  return fields === undefined ? OBJECT : projectFields(OBJECT, fields);
}

describe('the fields of an object', () => {
  it.each<[string, JsonObject]>([
    ['x', { x: 5 }],
    ['n', { n: { q: 1, r: { s: 2, t: 3 } } }],
    ['n.q', { n: { q: 1 } }],
    ['n.r.s', { n: { r: { s: 2 } } }],
    ['n.q,n.r.s', { n: { q: 1, r: { s: 2 } } }],
    ['n.q,n', { n: { q: 1, r: { s: 2, t: 3 } } }],
    ['n,n.q', { n: { q: 1, r: { s: 2, t: 3 } } }],
    ['n.zz', { n: {} }],
    ['n.', { n: {} }],
    ['x.q', { x: 5 }],
    ['a.q', { a: [1, { q: 1 }] }],
    ['nothing.q', { nothing: null }],
    ['zz', {}],
    ['zz.y', {}],
    ['d.e', {}],
    ['id.x', {}],
    ['n , x', {}],
    ['toString', {}],
  ])('are for _fields=%s those, the id and the timestamp', (text, expected) => {
    expect(show(text)).toEqual({ id: 'r', last_modified: 12, ...expected });
  });

  it.each(['', ','])('are all of them for _fields=%s', (text) => {
    expect(show(text)).toEqual(OBJECT);
  });

  it('keep the mark of a tombstone only when asked for it', () => {
    const tombstone = { id: 'r', last_modified: 12, deleted: true };
    expect(projectFields(tombstone, ['x'])).toEqual({ id: 'r', last_modified: 12 });
    expect(projectFields(tombstone, ['deleted'])).toEqual(tombstone);
  });

  it('may be named like what every JavaScript object has', () => {
    const object = JSON.parse('{"id":"r","__proto__":{"x":1,"y":2}}') as JsonObject;
    expect(JSON.stringify(projectFields(object, ['__proto__.x']))).toBe('{"id":"r","__proto__":{"x":1}}');
  });
});
