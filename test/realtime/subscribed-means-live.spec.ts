import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';

/* What the hub promises by itself; from a write on, see test/contracts/subscribed-means-live.contract.ts. */

/** A race shows itself seldom: `KUMOCAST_LIVE_ROUNDS=10000` looks as often as the promise deserves. */
const ROUNDS = Number(process.env.KUMOCAST_LIVE_ROUNDS ?? 200);
const PATIENCE = 60_000 + ROUNDS * 100;

describe('Subscribed means live', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  it(
    'for what is published in the very tick in which a client reads that it is subscribed',
    async () => {
      const client = await RawClient.connect(server);
      const heard: string[] = [];
      client.webSocket.on('message', (bytes: Buffer) => {
        const { event, channel = '', data } = JSON.parse(bytes.toString()) as Record<string, string>;
        if (event === 'now') heard.push(`${channel} ${data}`);
        if (event !== 'pusher_internal:subscription_succeeded') return;
        expect(server.hub.publish(APP.id, { channel, event: 'now', data: 'first' })).toBe(1);
        client.say({ event: 'pusher:unsubscribe', data: { channel } });
      });
      for (let round = 0; round < ROUNDS; round += 1) {
        const channel = `c${round % 7}`;
        client.say({ event: 'pusher:subscribe', data: { channel } });
        await eventually(() => heard.length === round + 1, 'it has come', PATIENCE);
        expect(heard.at(-1)).toBe(`${channel} first`);
      }
      await client.close();
    },
    PATIENCE,
  );

  it(
    'while something is published in every turn: all from the subscription on, and nothing twice',
    async () => {
      let n = 0;
      let queued: number[] = [];
      let isOver = false;
      const publishing = (async () => {
        while (!isOver) {
          n += 1;
          if (server.hub.publish(APP.id, { channel: 'busy', event: 'n', data: String(n) }) > 0) queued.push(n);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      const client = await RawClient.connect(server);
      for (let round = 0; round < ROUNDS; round += 1) {
        queued = [];
        const from = client.received.length;
        client.say({ event: 'pusher:subscribe', data: { channel: 'busy' } });
        await eventually(() => client.received.length > from + 2 + (round % 5), 'some have come', PATIENCE);
        client.say({ event: 'pusher:unsubscribe', data: { channel: 'busy' } });
        await client.settle();
        const [success, ...messages] = client.received.slice(from, -1);
        expect(success).toContain('subscription_succeeded');
        expect(messages.map((message) => Number((JSON.parse(message) as { data: string }).data))).toEqual(queued);
      }
      isOver = true;
      await publishing;
      await client.close();
    },
    PATIENCE,
  );
});
