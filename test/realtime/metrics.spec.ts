import { once } from 'node:events';
import { WebSocket } from 'ws';
import { FakeReceiver } from '../support/fake-receiver.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { APP } from './support/channels-server.js';

const DEADLINE = 60_000;

let receiver: FakeReceiver;
let server: TestServer;
beforeAll(async () => {
  receiver = await FakeReceiver.open();
  receiver.reactions.push({ status: 500 });
  server = await startTestServer({
    ini: `
kinto.includes = kinto.plugins.prometheus
kinto.channels.app_id = ${APP.id}
kinto.channels.key = ${APP.key}
kinto.channels.secret = ${APP.secret}
kinto.channels.webhook_urls = ${receiver.url}/hook
kinto.channels.webhooks.allow_private_addresses = true
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record`,
  });
});
afterAll(async () => {
  await server.close();
  await receiver.close();
});

/** The samples of the socket mouth, without what all their names begin with. */
async function samples(): Promise<Map<string, number>> {
  const { text } = await server.request('GET', '/v1/__metrics__', { auth: null });
  const lines = text.split('\n').filter((line) => line.startsWith('kumocast_channels_'));
  return new Map(lines.map((line) => line.slice('kumocast_channels_'.length).split(' ')).map(([n, v]) => [n!, +v!]));
}

/** The socket mouth is looked at once a second, so what is told of it comes late. */
async function sampled(holds: (sampled: Map<string, number>) => boolean): Promise<Map<string, number>> {
  const deadline = performance.now() + DEADLINE;
  for (;;) {
    const now = await samples();
    if (holds(now)) return now;
    if (performance.now() > deadline) throw new Error(`It did not come about: ${JSON.stringify([...now])}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('The metrics of the socket mouth', () => {
  it('are there from the start', async () => {
    const now = await sampled((all) => all.has('connections_count'));
    for (const name of ['messages_in', 'bytes_in', 'messages_out', 'bytes_out', 'slow_readers_dropped']) {
      expect(now.get(`${name}_sum`)).toBe(0);
    }
    for (const name of ['webhooks_delivered', 'webhooks_failed', 'webhooks_dropped', 'connections', 'occupied']) {
      expect(now.get(`${name}_sum`)).toBe(0);
    }
  });

  it('count messages and bytes both ways, connections, channels and webhooks, and time the fan-out', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}/app/${APP.key}?protocol=7`);
    let bytes = 0;
    let messages = 0;
    webSocket.on('message', (message: Buffer) => {
      // Each is longer than 125 bytes or is not: with its head of two bytes or of four.
      bytes += message.length + (message.length > 125 ? 4 : 2);
      messages += 1;
    });
    await once(webSocket, 'open');
    const subscribe = JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'b-c-record' } });
    webSocket.send(subscribe);
    const isSubscribed = (all: Map<string, number>) => all.get('messages_out_sum') === 2;
    const subscribed = await sampled((all) => isSubscribed(all) && (all.get('occupied_sum') ?? 0) > 0);
    expect(subscribed.get('messages_in_sum')).toBe(1);
    expect(subscribed.get('bytes_in_sum')).toBe(subscribe.length);
    expect(subscribed.get('connections_sum')).toBeGreaterThan(0);

    await server.request('PUT', '/v1/buckets/b');
    await server.request('PUT', '/v1/buckets/b/collections/c');
    await server.request('PUT', '/v1/buckets/b/collections/c/records/r', { body: { data: {} } });
    const told = await sampled((all) => all.get('messages_out_sum') === 3 && messages === 3);
    expect(told.get('bytes_out_sum')).toBe(bytes);
    expect(told.get('slow_readers_dropped_sum')).toBe(0);
    expect(told.get('fanout_seconds_count')).toBeGreaterThanOrEqual(1);
    expect(told.get('fanout_seconds_sum')).toBeLessThan(DEADLINE / 1000);

    // The first try was answered with 500.
    const hooked = await sampled((all) => all.get('webhooks_delivered_sum') === 1);
    expect(hooked.get('webhooks_failed_sum')).toBe(1);
    expect(hooked.get('webhooks_dropped_sum')).toBe(0);
    webSocket.terminate();
  });
});
