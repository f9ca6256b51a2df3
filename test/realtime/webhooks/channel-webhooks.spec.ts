import Pusher from 'pusher';
import { DatabaseWebhookQueue } from '../../../src/app.webhooks.js';
import type { ChannelEvent } from '../../../src/realtime/channel-events.js';
import { MemoryWebhookQueue } from '../../../src/realtime/webhooks/memory-webhook-queue.js';
import type { NewWebhook } from '../../../src/realtime/webhooks/webhook-queue.js';
import { TemporaryStorage } from '../../support/temporary-storage.js';
import { eventually } from '../support/eventually.js';
import { WebhookReceiver } from './support/webhook-receiver.js';
import { APP, appWebhooks, openWebhooks, OTHER_APP, type Fixture } from './support/webhooks-fixture.js';

describe('Webhooks of channels', () => {
  let receiver: WebhookReceiver;
  const opened: Fixture[] = [];
  beforeEach(async () => (receiver = await WebhookReceiver.start()));
  afterEach(async () => {
    for (const { webhooks } of opened.splice(0)) await webhooks.close();
    for (const each of [receiver, ...others.splice(0)]) await each.close();
  });
  const others: WebhookReceiver[] = [];
  const temporary = new TemporaryStorage();
  afterAll(() => temporary.remove());
  const open = async (...args: Parameters<typeof openWebhooks>): Promise<Fixture> => {
    const fixture = await openWebhooks(...args);
    opened.push(fixture);
    return fixture;
  };
  const occupied = (channel: string): ChannelEvent => ({ name: 'channel_occupied', channel });
  const library = (key: string, secret: string) => new Pusher({ appId: '1', key, secret, host: 'localhost' });

  it('are what the pusher library takes for valid, each app’s with its own secret only', async () => {
    const { events } = await open([
      appWebhooks(APP, [receiver.url('/one')]),
      appWebhooks(OTHER_APP, [receiver.url('/two')]),
    ]);
    const sent: ChannelEvent = {
      ...{ name: 'client_event', channel: 'presence-ä', event: 'client-e', data: '{"a":"ü"}' },
      ...{ socket_id: '1.2', user_id: 'u' },
    } as const;
    events.tell('1', sent);
    events.tell('2', occupied('b'));
    await eventually(() => receiver.received.length === 2, 'both are told');

    const one = receiver.received.find(({ path }) => path === '/one')!;
    const two = receiver.received.find(({ path }) => path === '/two')!;
    const before = Date.now();
    const hook = library('one-key', 'one-secret').webhook(one);
    expect(hook.isValid()).toBe(true);
    expect(hook.getEvents()).toEqual([sent]);
    expect(Math.abs(hook.getTime().getTime() - before)).toBeLessThan(10_000);
    expect(one).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-pusher-key': 'one-key' },
    });
    expect(library('two-key', 'two-secret').webhook(two).getEvents()).toEqual([occupied('b')]);
    expect(library('two-key', 'two-secret').webhook(two).isValid()).toBe(true);
    expect(library('one-key', 'two-secret').webhook(one).isValid()).toBe(false);
    expect(library('two-key', 'two-secret').webhook(one).isValid()).toBe(false);
  });

  it('are tried again after a failure, the same bytes, and before what came later', async () => {
    receiver.replies = [500, 503, { redirectTo: '/elsewhere' }];
    const { events, webhooks, log } = await open([appWebhooks(APP, [receiver.url('/hook?token=hidden')])], {
      batchWindow: 0,
    });
    for (const channel of ['a', 'b', 'c']) events.tell('1', occupied(channel));
    await eventually(() => receiver.events().length === 3, 'all three are taken');
    expect(receiver.told()).toEqual(['channel_occupied a', 'channel_occupied b', 'channel_occupied c']);
    expect(new Set(receiver.received.slice(0, 4).map(({ rawBody }) => rawBody)).size).toBe(1);
    expect(new Set(receiver.received.map(({ path }) => path))).toEqual(new Set(['/hook?token=hidden']));
    await eventually(() => webhooks.counters.delivered === 3, 'all three are done');
    expect(webhooks.counters).toEqual({ queued: 3, delivered: 3, failedTries: 3, dropped: 0 });
    expect(log.lines).toHaveLength(3);
    expect(log.lines[0]).toMatch(
      /^warn: The webhook of app 1 to http:\/\/127\.0\.0\.1:\d+: try 1 failed, next in \d+ ms: it answered with status 500$/,
    );
    expect(log.lines.join()).not.toContain('hidden');
  });

  it('do not wait for a receiver that never answers, and nobody else waits with them', async () => {
    receiver.replies = ['never'];
    const other = await WebhookReceiver.start();
    others.push(other);
    const { events, log } = await open([appWebhooks(APP, [receiver.url(), other.url()])], { timeout: 300 });
    events.tell('1', occupied('a'));
    await eventually(() => other.events().length === 1, 'the other one is told');
    expect(receiver.events()).toEqual([]);
    await eventually(() => receiver.events().length === 1, 'the slow one is told after all');
    expect(log.lines.join()).toContain('no answer within 300 ms');
  });

  it('tell neither that a channel was vacated nor that it is back', async () => {
    const { events } = await open([appWebhooks(APP, [receiver.url()])], { leaveDelay: 2000 });
    events.tell('1', { name: 'channel_vacated', channel: 'a' });
    events.tell('1', occupied('a'));
    events.tell('1', occupied('z'));
    await eventually(() => receiver.events().length > 0, 'something is told');
    expect(receiver.told()).toEqual(['channel_occupied z']);
  });

  it('tell of what was chosen alone; who comes back was never gone also where coming back is not told of', async () => {
    const { events } = await open([appWebhooks(APP, [receiver.url()], ['channel_vacated', 'cache_miss'])], {
      leaveDelay: 20,
    });
    events.tell('1', { name: 'channel_vacated', channel: 'a' });
    events.tell('1', occupied('a'));
    events.tell('1', { name: 'channel_vacated', channel: 'b' });
    await eventually(() => receiver.events().length > 0, 'the vacated channel is told');
    events.tell('1', { name: 'cache_miss', channel: 'cache-a' });
    await eventually(() => receiver.events().length > 1, 'the cache miss is told');
    expect(receiver.told()).toEqual(['channel_vacated b', 'cache_miss cache-a']);
  });

  it('tell nothing of users’ own channels, and nothing of apps without a URL', async () => {
    const { events, webhooks } = await open([appWebhooks(APP, [receiver.url()]), appWebhooks(OTHER_APP, [])]);
    events.tell('1', occupied('#server-to-user-u'));
    events.tell('2', occupied('b'));
    events.tell('3', occupied('c'));
    events.tell('1', occupied('z'));
    await eventually(() => receiver.events().length > 0, 'something is told');
    expect(receiver.told()).toEqual(['channel_occupied z']);
    expect(webhooks.counters.queued).toBe(1);
  });

  it('are not listened for when no app has a URL', async () => {
    const { events } = await open([appWebhooks(APP, []), appWebhooks(OTHER_APP, [])]);
    expect(events.isWatched).toBe(false);
  });

  it('are dropped when too many wait, the oldest first, which is logged and counted', async () => {
    receiver.always = 500;
    const { events, webhooks, log } = await open([appWebhooks(APP, [receiver.url()])], {
      ...{ batchWindow: 0, maxWaiting: 2 },
    });
    for (const channel of ['a', 'b', 'c', 'd']) {
      events.tell('1', occupied(channel));
      const { queued } = webhooks.counters;
      await eventually(
        () => webhooks.counters.queued + webhooks.counters.dropped > queued,
        `${channel} is in the queue`,
      );
    }
    await eventually(() => webhooks.counters.dropped === 2, 'two are dropped');
    receiver.always = undefined;
    await eventually(() => webhooks.counters.delivered >= 2, 'the others are told');
    expect(receiver.told().slice(-2)).toEqual(['channel_occupied c', 'channel_occupied d']);
    expect(log.lines.join('\n')).toMatch(/error: The webhook of app 1 to http:\S+: \d dropped, more than 2 waited/);
  });

  it('are dropped when they have failed for too long, which is logged and counted', async () => {
    receiver.always = 500;
    const { events, webhooks, log } = await open([appWebhooks(APP, [receiver.url()])], { maxAge: 0.1 });
    events.tell('1', occupied('a'));
    await eventually(() => webhooks.counters.dropped === 1, 'it is dropped');
    expect(log.lines.join('\n')).toMatch(
      /error: The webhook of app 1 to http:\S+: 1 dropped, not delivered within 0.1 s/,
    );
    receiver.always = undefined;
    events.tell('1', occupied('b'));
    await eventually(() => receiver.events().length === 1, 'the next is told');
    expect(receiver.told()).toEqual(['channel_occupied b']);
  });

  it('are tried for their whole time after a long stop of ours', async () => {
    const queue = new MemoryWebhookQueue();
    const target = { appId: '1', url: receiver.url() };
    await queue.put([{ target, body: '{"time_ms":1,"events":[{"name":"cache_miss","channel":"a"}]}', createdAt: 1 }]);
    receiver.replies = [500, 500];
    const { webhooks } = await open([appWebhooks(APP, [receiver.url()])], { queue });
    await eventually(() => receiver.events().length === 1, 'it is told');
    expect(webhooks.counters.dropped).toBe(0);
  });

  it('for a URL that is not in the settings any more are dropped at the start', async () => {
    const queue = new MemoryWebhookQueue();
    await queue.put([{ target: { appId: '1', url: 'http://gone.example/?t=hidden' }, body: '{}', createdAt: 1 }]);
    const { webhooks, log } = await open([appWebhooks(APP, [receiver.url()])], { queue });
    expect(webhooks.counters.dropped).toBe(1);
    expect(log.lines).toEqual(['error: Webhooks: 1 dropped, their app or URL is not in the settings any more']);
  });

  it('are put again when the queue has failed, and lose nothing', async () => {
    class FailingQueue extends MemoryWebhookQueue {
      failures = 3;
      override put(webhooks: readonly NewWebhook[]): Promise<void> {
        return (this.failures -= 1) >= 0 ? Promise.reject(new Error('disk full')) : super.put(webhooks);
      }
    }
    const { events, log } = await open([appWebhooks(APP, [receiver.url()])], {
      ...{ queue: new FailingQueue(), batchWindow: 0 },
    });
    for (const channel of ['a', 'b', 'c']) events.tell('1', occupied(channel));
    await eventually(() => receiver.events().length === 3, 'all are told');
    expect(receiver.told()).toEqual(['channel_occupied a', 'channel_occupied b', 'channel_occupied c']);
    expect(log.lines[0]).toContain('cannot be queued');
  });

  it('tell at the end what was held back, if the receiver takes it', async () => {
    const { events, webhooks } = await open([appWebhooks(APP, [receiver.url()])], {
      ...{ leaveDelay: 60_000, batchWindow: 60_000 },
    });
    events.tell('1', occupied('b'));
    events.tell('1', { name: 'channel_vacated', channel: 'a' });
    await webhooks.close();
    expect(receiver.told()).toEqual(['channel_occupied b', 'channel_vacated a']);
  });

  it('are told after a restart when they could not be told before, in order', async () => {
    const storage = await temporary.open('kept');
    receiver.always = 500;
    const apps = [appWebhooks(APP, [receiver.url()])];
    const before = await open(apps, { queue: new DatabaseWebhookQueue(storage), batchWindow: 0 });
    for (const channel of ['a', 'b']) before.events.tell('1', occupied(channel));
    await eventually(() => receiver.received.length > 1, 'it was tried');
    before.events.tell('1', { name: 'channel_vacated', channel: 'a' });
    await before.webhooks.close();
    await temporary.close(storage);
    expect(receiver.events()).toEqual([]);

    receiver.always = undefined;
    const after = await open(apps, { queue: new DatabaseWebhookQueue(await temporary.open('kept')), batchWindow: 0 });
    after.events.tell('1', occupied('c'));
    await eventually(() => receiver.events().length === 4, 'all are told');
    expect(receiver.told()).toEqual([
      ...['channel_occupied a', 'channel_occupied b', 'channel_vacated a', 'channel_occupied c'],
    ]);
  });
});
