import { joinAs } from './support/authorize.js';
import { startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient } from './support/raw-client.js';
import { request, signed } from './support/signed-request.js';

describe('What Pusher has deprecated in its HTTP API', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const publish = (channel: string, data: string, parameters: Record<string, string>) =>
    signed(server, 'POST', `/apps/3/channels/${channel}/events`, data, { parameters });
  const stats = (channel: string) => signed(server, 'GET', `/apps/3/channels/${channel}/stats`);

  it('publishes the body of a request whose query names the event, to all but the one it names', async () => {
    const [one, two] = [await RawClient.connect(server, 'c'), await RawClient.connect(server, 'c')];
    const answer = await publish('c', '{"n":"ü"}', { name: 'posted', socket_id: one.socketId });
    expect(answer).toMatchObject({ status: 202, body: '{}' });
    expect(await two.next()).toBe('{"event":"posted","channel":"c","data":"{\\"n\\":\\"ü\\"}"}');
    expect(await one.settle()).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });

  it.each([
    ['no name', 'c', 'x', {}, 400],
    ['a name of the protocol', 'c', 'x', { name: 'pusher:x' }, 400],
    ['a socket id that is none', 'c', 'x', { name: 'e', socket_id: 'x' }, 400],
    ['a channel that is none', 'a%20b', 'x', { name: 'e' }, 400],
    ['too much data', 'c', 'x'.repeat(10_241), { name: 'e' }, 413],
  ])('refuses %s', async (_, channel, data, parameters, status) => {
    expect(await publish(channel, data, parameters)).toMatchObject({ status, type: 'text/plain; charset=utf-8' });
  });

  it('refuses what is not signed', async () => {
    expect((await request(`${server.http}/apps/3/channels/c/events?name=e`, 'POST', 'x')).status).toBe(401);
    expect((await request(`${server.http}/apps/3/channels/c/stats`, 'GET')).status).toBe(401);
  });

  it('tells how many are on a channel', async () => {
    expect(await stats('c')).toMatchObject({ status: 200, body: '{"occupied":false,"connection_count":0}' });
    const tabs = [await RawClient.connect(server), await RawClient.connect(server)];
    for (const tab of tabs) await joinAs(tab, 'presence-x', { user_id: 'u' });
    expect((await stats('presence-x')).body).toBe('{"occupied":true,"user_count":1,"connection_count":2}');
    await Promise.all(tabs.map((tab) => tab.close()));
  });
});
