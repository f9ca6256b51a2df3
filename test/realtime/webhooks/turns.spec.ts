import { MemoryWebhookQueue } from '../../../src/realtime/webhooks/memory-webhook-queue.js';
import { eventually } from '../support/eventually.js';
import { WebhookReceiver } from './support/webhook-receiver.js';
import { APP, appWebhooks, openWebhooks, type Fixture } from './support/webhooks-fixture.js';

describe('Servers that share a queue of webhooks', () => {
  let receiver: WebhookReceiver;
  let servers: (Fixture & { turn: { isOurs: boolean } })[] = [];
  beforeEach(async () => (receiver = await WebhookReceiver.start()));
  afterEach(async () => {
    for (const { webhooks } of servers) await webhooks.close();
    servers = [];
    await receiver.close();
  });
  const start = async (count: number) => {
    const queue = new MemoryWebhookQueue();
    for (let index = 0; index < count; index += 1) {
      const turn = { isOurs: false };
      const fixture = await openWebhooks([appWebhooks(APP, [receiver.url()])], { queue, turn, timeout: 30_000 });
      servers.push({ ...fixture, turn });
    }
    return servers as [(typeof servers)[0], (typeof servers)[0]];
  };
  const give = async ({ turn, webhooks }: (typeof servers)[0]) => {
    turn.isOurs = true;
    await webhooks.beginTurn();
  };
  const take = ({ turn, webhooks }: (typeof servers)[0]) => {
    turn.isOurs = false;
    webhooks.endTurn();
  };
  const occupy = ({ events }: Fixture, channel: string) => events.tell('1', { name: 'channel_occupied', channel });

  it('queue what happens on each, and deliver it where it is their turn, in order', async () => {
    const [one, two] = await start(2);
    occupy(one, 'a');
    await eventually(() => one.webhooks.counters.queued === 1, 'it is queued');
    occupy(two, 'b');
    await eventually(() => two.webhooks.counters.queued === 1, 'so is the other');
    expect(receiver.received).toEqual([]);
    await give(two);
    await eventually(() => receiver.told().length === 2, 'both have come');
    occupy(one, 'c');
    await eventually(() => one.webhooks.counters.queued === 2, 'it is queued');
    two.webhooks.look();
    await eventually(() => receiver.told().length === 3, 'it has come');
    expect(receiver.told()).toEqual(['channel_occupied a', 'channel_occupied b', 'channel_occupied c']);
    await eventually(() => two.webhooks.counters.delivered === 3, 'and is known to have come');
    expect(one.webhooks.counters.delivered).toBe(0);
  });

  it('end the try under way when the turn is over, and the next one delivers the same', async () => {
    const [one, two] = await start(2);
    receiver.replies = ['never'];
    await give(one);
    occupy(one, 'a');
    await eventually(() => receiver.received.length === 1, 'the first try is under way');
    take(one);
    await give(two);
    await eventually(() => receiver.told().length === 1, 'it has come');
    const [first, second] = receiver.received;
    expect(second?.rawBody).toBe(first?.rawBody);
    await eventually(() => two.webhooks.counters.delivered === 1, 'and is known to have come');
    expect(one.webhooks.counters.failedTries).toBe(0);
    await give(one);
    occupy(one, 'b');
    await eventually(() => receiver.told().length === 2, 'the first goes on when it is its turn again');
  });
});
