import { formatPosition, parsePosition } from '../../src/wire/position.js';

describe('Positions', () => {
  it('are written as epoch, number and salt', () => {
    expect(formatPosition({ epoch: 'k3x9', n: 42, salt: 0xbe })).toBe('k3x9.42.00be');
  });

  it('come back as they were', () => {
    for (const position of [
      { epoch: '0', n: 0, salt: 0 },
      { epoch: '2gosa7pa2gv', n: 999_999_999_999_999, salt: 0xffff },
    ]) {
      expect(parsePosition(formatPosition(position))).toEqual(position);
    }
  });

  it.each([
    '',
    'e.1',
    'e.1.00be.1',
    'E.1.00be',
    'e.-1.00be',
    'e.1.0be',
    'e.1.00BE',
    'e.1e3.00be',
    ' e.1.00be',
    '.1.00be',
  ])('are not read from "%s"', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  it('are not read from numbers that cannot be counted exactly', () => {
    expect(parsePosition('e.9007199254740993.00be')).toBeUndefined();
  });
});
