import { Backoff } from '../../src/changes/patience.js';

describe('The waits between tries', () => {
  it('double up to the longest, each cut by at most a quarter', () => {
    const backoff = new Backoff({ firstWait: 1000, longestWait: 6000 });
    for (const longest of [1000, 2000, 4000, 6000, 6000]) {
      const wait = backoff.next();
      expect(wait).toBeLessThanOrEqual(longest);
      expect(wait).toBeGreaterThanOrEqual(longest * 0.75);
    }
  });

  it('begin again after a success', () => {
    const backoff = new Backoff({ firstWait: 1000, longestWait: 60_000 });
    for (let failures = 0; failures < 5; failures++) backoff.next();
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(1000);
  });
});
