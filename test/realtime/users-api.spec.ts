import { joinAs } from './support/authorize.js';
import { startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient } from './support/raw-client.js';
import { request, signed } from './support/signed-request.js';

describe('The HTTP API for users', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const users = (name: string, parameters: Record<string, string> = {}) =>
    signed(server, 'GET', `/apps/3/channels/${name}/users`, undefined, { parameters });

  it('lists each user of a presence channel once, with text for an id', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.connect(server)));
    for (const [index, id] of [7, 'b', 7].entries()) await joinAs(clients[index]!, 'presence-x', { user_id: id });
    expect(await users('presence-x')).toMatchObject({ status: 200, body: '{"users":[{"id":"7"},{"id":"b"}]}' });
    // Python's library sends the MD5 of no body.
    const nothing = { body_md5: 'd41d8cd98f00b204e9800998ecf8427e' };
    expect((await users('presence-x', nothing)).body).toBe('{"users":[{"id":"7"},{"id":"b"}]}');
    const list = await signed(server, 'GET', '/apps/3/channels', undefined, {
      parameters: { filter_by_prefix: 'presence-', info: 'user_count' },
    });
    expect(list.body).toBe('{"channels":{"presence-x":{"user_count":2}}}');
    await Promise.all(clients.map((client) => client.close()));
  });

  it('lists nobody on a channel nobody is on', async () => {
    expect(await users('presence-nobody')).toMatchObject({ status: 200, body: '{"users":[]}' });
  });

  it.each(['public', 'private-x', 'cache-x', '%23server-to-user-u', 'presence%20x'])(
    'refuses the users of %s',
    async (name) => {
      expect(await users(name)).toMatchObject({ status: 400, type: 'text/plain; charset=utf-8' });
    },
  );

  it('refuses parameters that it does not have', async () => {
    expect((await users('presence-x', { with_user_info: '1' })).status).toBe(400);
  });

  it('asks for a signature, for each of its requests', async () => {
    for (const [method, path] of [
      ['GET', '/apps/3/channels/presence-x/users'],
      ['POST', '/apps/3/users/u/terminate_connections'],
    ] as const) {
      expect((await request(server.http + path, method)).status).toBe(401);
      expect((await signed(server, method, path.replace('/3/', '/9/'))).status).toBe(404);
    }
  });

  it('says that it is up to whoever asks', async () => {
    const answer = await request(`${server.http}/up`, 'GET');
    expect(answer).toMatchObject({ status: 200, body: '{"health":"OK"}' });
  });
});
