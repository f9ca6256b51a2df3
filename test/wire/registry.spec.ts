import { Registry } from '../../src/wire/registry.js';

describe('A registry', () => {
  it('has what was added, in that order', () => {
    const registry = new Registry<number>('policy');
    registry.add('b', 1);
    registry.add('a', 2);
    expect(registry.find('a')).toBe(2);
    expect(registry.names()).toEqual(['b', 'a']);
    expect(registry.all()).toEqual([1, 2]);
    expect(registry.entries()).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });

  it('finds nothing under a name nobody added, not even one that every object has', () => {
    expect(new Registry('policy').find('constructor')).toBeUndefined();
  });

  it('refuses a name twice', () => {
    const registry = new Registry<number>('policy');
    registry.add('a', 1);
    expect(() => registry.add('a', 2)).toThrow('The policy a is there twice');
    expect(registry.find('a')).toBe(1);
  });

  it('is read-only once it is sealed', () => {
    const registry = new Registry<number>('policy');
    registry.add('a', 1);
    registry.seal();
    expect(() => registry.add('b', 2)).toThrow('The policy b was added after the start');
    expect(registry.names()).toEqual(['a']);
  });
});
