import fc from 'fast-check';
import { encodeJson, escapeNonAscii, isJsonObject } from '../../src/wire/json.js';

describe('JSON on the wire', () => {
  it('has no spaces and escapes what is not ASCII in upper case', () => {
    expect(encodeJson({ a: [1, 'é', '😀'], ключ: '/' })).toBe(
      String.raw`{"a":[1,"\u00E9","\uD83D\uDE00"],"\u043A\u043B\u044E\u0447":"/"}`,
    );
  });

  it('leaves ASCII as it is, control characters escaped by JSON itself', () => {
    expect(encodeJson('a\u007f\n\u0001"')).toBe('"a\u007f\\n\\u0001\\""');
    const text = '{"plain":true}';
    expect(escapeNonAscii(text)).toBe(text);
  });

  it('is ASCII alone and says the same, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const encoded = encodeJson(value);
        expect(Buffer.byteLength(encoded)).toBe(encoded.length);
        expect(JSON.parse(encoded)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('tells objects from everything else', () => {
    expect(isJsonObject({})).toBe(true);
    for (const value of [null, [], 'x', 1, true, undefined]) expect(isJsonObject(value)).toBe(false);
  });
});
