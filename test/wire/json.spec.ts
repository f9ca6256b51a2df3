import fc from 'fast-check';
import {
  encodeJson,
  escapeNonAscii,
  isJsonObject,
  parseJsonText,
  stringifyJson,
  withoutBigIntegers,
  type JsonObject,
} from '../../src/wire/json.js';

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

describe('Big integers', () => {
  const TEXT = '{"a":9007199254740993,"b":[-18446744073709551617,1],"c":"12345678901234567890","d":1.5}';

  it('come out as they went in', () => {
    expect(stringifyJson(parseJsonText(TEXT))).toBe(TEXT);
  });

  it('are bigints only where a double would not do', () => {
    expect(parseJsonText('[9007199254740991, 9007199254740992, -9007199254740992, 1e20, 123456789012.5]')).toEqual([
      9007199254740991,
      9007199254740992n,
      -9007199254740992n,
      1e20,
      123456789012.5,
    ]);
  });

  it('leave texts and keys that look like them alone', () => {
    const text = '{"12345678901234567890":"a \\" 12345678901234567890 \\\\","k":[" 99999999999999999999 "]}';
    expect(stringifyJson(parseJsonText(text))).toBe(text);
  });

  it.each([
    '{12345678901234567890:1}',
    '{12345678901234567890 :1}',
    '012345678901234567890',
    '1234567890123456789012 3',
    '"12345678901234567890',
    '[12345678901234567890',
    '-',
    '+12345678901234567890',
    '12345678901234567890"a"',
    '12345678901234567890x',
  ])('make no JSON of %s', (text) => {
    expect(() => parseJsonText(text)).toThrow(SyntaxError);
  });

  it('read any JSON as JSON.parse does, but for the digits', () => {
    fc.assert(
      fc.property(fc.json(), fc.bigInt(), (json, integer) => {
        const text = `{"json":${json},"integer":${integer}}`;
        const value = parseJsonText(text) as JsonObject;
        expect(withoutBigIntegers(value)).toEqual(JSON.parse(text));
        expect(BigInt(value.integer as number | bigint)).toBe(integer);
        expect(stringifyJson(value)).toContain(`"integer":${integer}}`);
      }),
    );
  });

  it('fail on what JSON cannot say at all as JSON.stringify does', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => stringifyJson(loop)).toThrow(/circular/i);
  });
});
