import { once } from 'node:events';
import { WebSocket } from 'ws';
import { startTestServer, type TestServer } from '../support/server.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';

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

describe('Subscribed means live, from a record’s write on', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      ini: `
kinto.channels.app_id = ${APP.id}
kinto.channels.key = ${APP.key}
kinto.channels.secret = ${APP.secret}
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record`,
    });
    await server.request('PUT', '/v1/buckets/b');
    await server.request('PUT', '/v1/buckets/b/collections/c');
  });
  afterAll(() => server.close());

  it(
    'also for the first subscriber after there were none, whose write leaves in the tick of the success',
    async () => {
      const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}/app/${APP.key}?protocol=7`);
      await once(webSocket, 'open');
      const channel = 'b-c-record';
      const say = (event: string) => webSocket.send(JSON.stringify({ event, data: { channel } }));
      const heard: string[] = [];
      const answers: Promise<{ status: number }>[] = [];
      webSocket.on('message', (bytes: Buffer) => {
        const { event, data } = JSON.parse(bytes.toString()) as { event: string; data: string };
        if (event === 'pusher_internal:subscription_succeeded') {
          const path = `/v1/buckets/b/collections/c/records/r${answers.length}`;
          answers.push(server.request('PUT', path, { body: { data: {} } }));
        } else if (event === 'create') {
          heard.push(data);
          say('pusher:unsubscribe');
        }
      });
      for (let round = 0; round < ROUNDS; round += 1) {
        say('pusher:subscribe');
        await eventually(() => heard.length > round, `the write of round ${round} has been told`, 30_000);
        expect(heard).toHaveLength(round + 1);
        expect(heard[round]).toContain(`"r${round}"`);
        expect((await answers[round])?.status).toBe(201);
      }
      webSocket.terminate();
    },
    PATIENCE,
  );
});
