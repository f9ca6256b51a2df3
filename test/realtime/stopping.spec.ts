import { once } from 'node:events';
import { WebSocket } from 'ws';
import { CLOSE } from '../../src/realtime/close-codes.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient, type ConnectedClient } from './support/raw-client.js';
import { signed } from './support/signed-request.js';
import { openSilent } from './support/silent-client.js';

describe('A server that stops', () => {
  const connect = (server: ChannelsServer, count: number): Promise<ConnectedClient[]> =>
    Promise.all(Array.from({ length: count }, () => RawClient.connect(server, 'news')));

  it('sends its clients away one slice after another, and serves the others until it is their turn', async () => {
    const server = await startServer({ shutdownRate: 20 });
    const clients = await connect(server, 6);
    const order: number[] = [];
    clients.forEach(({ closed }, index) => void closed.then(() => order.push(index)));
    const stopped = server.close();
    // The last one is let go when all the others have been.
    await clients[0]!.closed;
    const told = server.hub.publish(APP.id, { channel: 'news', event: 'late', data: '' });
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(6);
    expect((await clients[5]!.closed).code).toBe(1012);
    await stopped;
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(clients[5]!.received.at(-1)).toContain('"event":"late"');
  });

  it('closes with 4200 where the settings say that others take over', async () => {
    const server = await startServer({ shutdownCode: 4200 });
    const [client] = await connect(server, 1);
    await server.close();
    expect(await client!.closed).toEqual({ code: 4200, reason: CLOSE.SERVER_LEAVES.reason });
  });

  it('sends who comes meanwhile away for a second, never back at once', async () => {
    const server = await startServer({ shutdownCode: 4200, shutdownRate: 20 });
    const clients = await connect(server, 10);
    const stopped = server.close();
    await clients[0]!.closed;
    const late = new WebSocket(`${server.ws}/app/${APP.key}?protocol=7`);
    const [code] = (await once(late, 'close')) as [number];
    expect(code).toBe(1012);
    await stopped;
    for (const { closed } of clients) expect((await closed).code).toBe(4200);
  });

  it('takes no event any more when everybody has been sent away: its publisher is to send it again', async () => {
    const server = await startServer({ shutdownGrace: 60 });
    const silent = await openSilent(server);
    const publish = () => signed(server, 'POST', '/apps/3/events', { name: 'e', data: '{}', channel: 'news' });
    const publishOldly = () =>
      signed(server, 'POST', '/apps/3/channels/news/events', 'x', { parameters: { name: 'e' } });
    expect((await publish()).status).toBe(200);
    // It waits for the one who does not answer.
    const stopped = server.close();
    await eventually(() => server.connections.haveLeft, 'all have been sent away');
    for (const refused of [await publish(), await publishOldly()]) {
      expect(refused).toMatchObject({ status: 503, type: 'text/plain; charset=utf-8' });
    }
    silent.socket.destroy();
    await stopped;
  });

  it('takes no longer than its time for however many', async () => {
    const server = await startServer({ shutdownRate: 1 });
    const clients = await connect(server, 40);
    const start = performance.now();
    await server.close();
    // At one a second it would take forty; it goes faster instead.
    expect(performance.now() - start).toBeLessThan(30_000);
    for (const { closed } of clients) expect((await closed).code).toBe(1012);
  });
});
