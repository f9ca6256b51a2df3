import type { ChannelEvent } from '../../../src/realtime/channel-events.js';
import { Departures } from '../../../src/realtime/webhooks/departures.js';

// Modules have no global of that name.
const { jest } = import.meta;

describe('Departures', () => {
  const passed: string[] = [];
  let departures: Departures;
  const pass = (appId: string, event: ChannelEvent): void => {
    passed.push([appId, event.name, event.channel, ...('user_id' in event ? [event.user_id] : [])].join(' '));
  };
  const hear = (name: 'channel_occupied' | 'channel_vacated', channel = 'a', appId = '1'): void => {
    departures.hear(appId, { name, channel });
  };
  const member = (name: 'member_added' | 'member_removed', userId: string): void => {
    departures.hear('1', { name, channel: 'presence-a', user_id: userId });
  };
  beforeEach(() => {
    jest.useFakeTimers();
    passed.length = 0;
    departures = new Departures(3000, pass);
  });
  afterEach(() => jest.useRealTimers());

  it('are told when nobody has come back in time', () => {
    hear('channel_occupied');
    hear('channel_vacated');
    jest.advanceTimersByTime(2999);
    expect(passed).toEqual(['1 channel_occupied a']);
    jest.advanceTimersByTime(2);
    expect(passed).toEqual(['1 channel_occupied a', '1 channel_vacated a']);
  });

  it('are not told, and neither is the return, of who comes back in time', () => {
    hear('channel_vacated');
    member('member_removed', 'u');
    jest.advanceTimersByTime(2000);
    hear('channel_occupied');
    member('member_added', 'u');
    jest.advanceTimersByTime(10_000);
    expect(passed).toEqual([]);
  });

  it('wait from the last time that somebody left', () => {
    hear('channel_vacated');
    jest.advanceTimersByTime(2000);
    hear('channel_occupied');
    hear('channel_vacated');
    jest.advanceTimersByTime(2000);
    expect(passed).toEqual([]);
    jest.advanceTimersByTime(1001);
    expect(passed).toEqual(['1 channel_vacated a']);
  });

  it('of one are not the return of another: other apps, channels, users', () => {
    hear('channel_vacated', 'a', '1');
    hear('channel_occupied', 'a', '2');
    hear('channel_occupied', 'b', '1');
    member('member_removed', 'u');
    member('member_added', 'v');
    expect(passed).toEqual(['2 channel_occupied a', '1 channel_occupied b', '1 member_added presence-a v']);
    jest.advanceTimersByTime(3001);
    expect(passed.slice(3)).toEqual(['1 channel_vacated a', '1 member_removed presence-a u']);
  });

  it('are told in the order they happened, each in its time', () => {
    hear('channel_vacated', 'a');
    jest.advanceTimersByTime(1000);
    hear('channel_vacated', 'b');
    jest.advanceTimersByTime(2001);
    expect(passed).toEqual(['1 channel_vacated a']);
    jest.advanceTimersByTime(1000);
    expect(passed).toEqual(['1 channel_vacated a', '1 channel_vacated b']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are all told at the end, and leave no timer', () => {
    hear('channel_vacated', 'a');
    hear('channel_vacated', 'b');
    departures.flush();
    expect(passed).toEqual(['1 channel_vacated a', '1 channel_vacated b']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are told at once without a delay', () => {
    departures = new Departures(0, pass);
    hear('channel_vacated');
    hear('channel_occupied');
    expect(passed).toEqual(['1 channel_vacated a', '1 channel_occupied a']);
  });

  it('hold nothing else back', () => {
    departures.hear('1', { name: 'cache_miss', channel: 'cache-a' });
    departures.hear('1', { name: 'subscription_count', channel: 'a', subscription_count: 2 });
    expect(passed).toEqual(['1 cache_miss cache-a', '1 subscription_count a']);
  });
});
