import { StoredObject } from '../../src/wire/stored-object.js';

describe('A stored object', () => {
  it('puts its id and timestamp before the rest', () => {
    const object = StoredObject.of('r', 12, { b: 1, a: 'é' });
    expect(object.text).toBe('{"id":"r","last_modified":12,"b":1,"a":"é"}');
    expect(object.dataText).toBe('{"b":1,"a":"é"}');
    expect(object.value).toEqual({ id: 'r', last_modified: 12, b: 1, a: 'é' });
  });

  it('ignores an id and a timestamp in the value, whatever they are', () => {
    for (const value of [{ id: 'x', last_modified: 1 }, { id: null }, { last_modified: 'x' }]) {
      expect(StoredObject.of('r', 12, { ...value, a: 1 }).text).toBe('{"id":"r","last_modified":12,"a":1}');
    }
  });

  it('without a value of its own is only its id and timestamp', () => {
    expect(StoredObject.of('r', 12, {}).text).toBe('{"id":"r","last_modified":12}');
  });

  it('keeps keys that JavaScript has a meaning for', () => {
    const value = JSON.parse('{"__proto__":{"x":1},"constructor":2,"id":"y"}') as Record<string, never>;
    expect(StoredObject.of('r', 1, value).text).toBe(
      '{"id":"r","last_modified":1,"__proto__":{"x":1},"constructor":2}',
    );
  });

  it('that was deleted has nothing left', () => {
    const tombstone = StoredObject.tombstone('r', 12);
    expect(tombstone.deleted).toBe(true);
    expect(tombstone.text).toBe('{"id":"r","last_modified":12,"deleted":true}');
  });

  it('comes back from its text', () => {
    for (const object of [StoredObject.of('r', 12, { a: [1] }), StoredObject.tombstone('r', 12)]) {
      const read = StoredObject.fromText(object.text);
      expect(read.text).toBe(object.text);
      expect(read.dataText).toBe(object.dataText);
      expect(read.deleted).toBe(object.deleted);
      expect(read.value).toEqual(object.value);
    }
  });

  it.each(['[]', '1', '{}', '{"id":1,"last_modified":1}', '{"id":"r","last_modified":"1"}'])(
    'does not come from other JSON: %s',
    (text) => {
      expect(() => StoredObject.fromText(text)).toThrow(TypeError);
    },
  );
});
