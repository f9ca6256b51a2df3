import { formatEtag, formatHttpDate, parseEntityTag } from '../../src/wire/etag.js';

describe('Entity tags', () => {
  it('are timestamps in double quotes', () => {
    expect(formatEtag(1_700_000_000_123)).toBe('"1700000000123"');
    expect(parseEntityTag(formatEtag(1_700_000_000_123))).toBe(1_700_000_000_123);
  });

  it('may be anything', () => {
    expect(parseEntityTag('*')).toBe('*');
  });

  it.each([[undefined], [''], ['"0"']])('are no condition when they are %j', (header) => {
    expect(parseEntityTag(header)).toBeUndefined();
  });

  it.each(['12', 'W/"12"', '"12", "13"', '"*"', '"abc"', '"-1"', '"1.5"', ' "12"', '**', `"${'1'.repeat(20)}"`])(
    'are refused when they are %s',
    (header) => {
      expect(parseEntityTag(header)).toBe('invalid');
    },
  );
});

describe('HTTP dates', () => {
  it('are cut to the second', () => {
    expect(formatHttpDate(1_700_000_000_999)).toBe('Tue, 14 Nov 2023 22:13:20 GMT');
  });

  it('are each its own, in any order', () => {
    const noon = 1_700_000_000_000;
    for (const ms of [noon, noon + 1_000, noon, noon - 1, noon + 999]) {
      expect(Date.parse(formatHttpDate(ms))).toBe(Math.floor(ms / 1000) * 1000);
    }
  });

  it('are dates even for timestamps that no calendar has', () => {
    expect(formatHttpDate(Number.MAX_SAFE_INTEGER)).toBe('Sat, 13 Sep 275760 00:00:00 GMT');
    expect(formatHttpDate(-Number.MAX_SAFE_INTEGER)).toContain('GMT');
  });
});
