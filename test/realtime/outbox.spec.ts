import { Outbox } from '../../src/realtime/outbox.js';

// Modules have no global of that name.
const { jest } = import.meta;

/** Two turns of the event loop: what was to be done at the end of this one is done. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(() => jest.useRealTimers());

describe('The outbox', () => {
  it('writes at the end of the turn as long as writing is quick', async () => {
    const outbox = new Outbox(() => 0);
    const flushed: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      outbox.later({ flush: () => flushed.push(`a${round}`) });
      outbox.later({ flush: () => flushed.push(`b${round}`) });
      expect(flushed).toHaveLength(round * 2);
      await turns();
      expect(flushed.slice(-2)).toEqual([`a${round}`, `b${round}`]);
    }
  });

  it('rests after a round that took long, and then writes what came meanwhile in one round', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    let now = 0;
    const outbox = new Outbox(() => now);
    outbox.later({ flush: () => (now += 8) });
    await turns();
    expect(now).toBe(8);

    const rounds: number[] = [];
    let round = 0;
    outbox.later({ flush: () => rounds.push((round += 1)) });
    await turns();
    outbox.later({ flush: () => rounds.push(round) });
    await turns();
    expect(rounds).toEqual([]);
    jest.advanceTimersByTime(8);
    expect(rounds).toEqual([1, 1]);
  });

  it('rests for ten milliseconds at most, and not at all when the time has passed already', async () => {
    let now = 0;
    const outbox = new Outbox(() => now);
    outbox.later({ flush: () => (now += 60_000) });
    await turns();
    now += 10;
    let isFlushed = false;
    outbox.later({ flush: () => (isFlushed = true) });
    await turns();
    expect(isFlushed).toBe(true);
  });

  it('joins the same frames once for everybody', () => {
    const outbox = new Outbox();
    const [a, b] = [Buffer.from('a'), Buffer.from('b')];
    expect(outbox.join([a])).toBe(a);
    const joined = outbox.join([a, b]);
    expect(joined.toString()).toBe('ab');
    expect(outbox.join([a, b])).toBe(joined);
    expect(outbox.join([b, a]).toString()).toBe('ba');
  });
});
