import { by } from '../support/accounts-server.js';
import { basicAuth, startTestServer, type Answer } from '../support/server.js';
import { ChannelAccessServer, frameOf, LOCAL_APP } from './channel-access-server.js';

const WITH_ACCOUNTS = `
kinto.includes = kinto.plugins.accounts kinto.plugins.default_bucket
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:admin
kinto.account_read_principals = account:admin
kinto.bucket_create_principals = system.Authenticated
`;

let server: ChannelAccessServer;
beforeAll(async () => {
  server = await ChannelAccessServer.start(`${WITH_ACCOUNTS}kinto.pusher.jsonp_enabled = true`);
  for (const user of ['ann', 'bob', 'admin']) await signUp(user);
  await request('PUT', '/v1/buckets/blog', { ...by('bob'), body: { permissions: { read: ['account:ann'] } } });
  await request('PUT', '/v1/buckets/blog/collections/articles', by('bob'));
  await request('PUT', '/v1/buckets/own', by('bob'));
  await request('PUT', '/v1/buckets/own/collections/diary', by('bob'));
});
afterAll(() => server.close());

interface Socket {
  readonly auth_url: string;
  readonly channels: Readonly<Record<string, string>>;
}

function request(...ask: Parameters<typeof server.server.request>): Promise<Answer> {
  return server.server.request(...ask);
}

async function signUp(user: string): Promise<void> {
  await request('PUT', `/v1/accounts/${user}`, { auth: null, body: { data: { password: 'pw' } } });
}

async function socketOf(user: string, query = ''): Promise<Socket> {
  const { json } = await request('GET', `/v1/realtime${query}`, by(user));
  return json.socket as unknown as Socket;
}

describe('The socket of an account', () => {
  it('says how to connect, where to be let in, and the channel of everything that is one’s own', async () => {
    const { url, port } = server.server;
    expect(await socketOf('ann')).toEqual({
      auth_url: expect.stringMatching(new RegExp(`^${url}/v1/pusher/auth/at_[\\w-]{32}$`)) as string,
      api_key: LOCAL_APP.key,
      app_id: LOCAL_APP.id,
      channels: { items: expect.stringMatching(/^private-user-[0-9a-f]{32}$/) as string },
      host: '127.0.0.1',
      port,
      tls: false,
      path: '',
      protocol: [5, 6, 7],
      client_url: `${url}/v1/pusher/client.js`,
      jsonp: true,
    });
  });

  it('is the same in hello and in the account of whoever asks', async () => {
    const socket = await socketOf('ann');
    const hello = await request('GET', '/v1/', by('ann'));
    expect((hello.json.user as { socket?: unknown }).socket).toEqual(socket);
    const account = await request('GET', '/v1/accounts/ann', by('ann'));
    expect(account.json.socket).toEqual(socket);
    expect(account.data).not.toHaveProperty('socket');
    expect((await request('GET', '/v1/accounts/bob', by('bob'))).json.socket).not.toEqual(socket);
  });

  it('is nobody else’s to see: not an administrator’s, not whoever is not logged in', async () => {
    const seen = await request('GET', '/v1/accounts/ann', by('admin'));
    expect([seen.status, seen.json.socket]).toEqual([200, undefined]);
    expect((await request('GET', '/v1/', { auth: null })).text).not.toContain('"socket"');
    const answer = await request('GET', '/v1/realtime', { auth: null });
    expect([answer.status, answer.json.errno]).toEqual([401, 104]);
  });

  it('has the channels of the collections that are asked for and may be read', async () => {
    const asked = '?channels=blog/articles,own/diary,nothing/here,default/items';
    const { channels } = await socketOf('ann', asked);
    expect(Object.keys(channels).sort()).toEqual(['blog/articles', 'default/items', 'items']);
    expect(channels['blog/articles']).toBe('private-items;blog;articles');
    expect(channels['default/items']).toMatch(/^private-items;[0-9a-f-]{36};items$/);
  });

  it.each(['?channels=blog', '?channels=a/b/c', '?channels=a/%3C', `?channels=${manyChannels()}`])(
    'refuses what is no list of collections (%#)',
    async (query) => {
      const answer = await request('GET', `/v1/realtime${query}`, by('ann'));
      expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    },
  );

  it('is not there on a server that tells no changes', async () => {
    const silent = await startTestServer();
    expect((await silent.request('GET', '/v1/')).text).not.toContain('"socket"');
    expect((await silent.request('GET', '/v1/realtime')).status).toBe(404);
    expect((await silent.request('GET', '/v1/pusher/client.js')).status).toBe(404);
    await silent.close();
  });

  it('has no address of its own where no script may ask', async () => {
    const plain = await ChannelAccessServer.start();
    const { json } = await plain.server.request('GET', '/v1/realtime');
    expect(json.socket).toMatchObject({ auth_url: `${plain.server.url}/v1/pusher/auth`, jsonp: false });
    expect((json.socket as unknown as Socket).channels).toHaveProperty('items');
    await plain.close();
  });
});

describe('The address of somebody’s own', () => {
  function script(address: string, channel: string, socketId = '1.2', headers = {}): Promise<Answer> {
    const query = new URLSearchParams({ callback: 'f', socket_id: socketId, channel_name: channel });
    return request('GET', `${new URL(address).pathname}?${query.toString()}`, { auth: null, headers });
  }

  it('is the same for one login, and signs for what its owner may read and for nothing else', async () => {
    const { auth_url: address, channels } = await socketOf('ann');
    expect((await socketOf('ann')).auth_url).toBe(address);
    expect((await script(address, channels.items!)).text).toMatch(/^\/\*\*\/f\(\{"auth":"local-key:[0-9a-f]{64}"/);
    expect((await script(address, 'private-items;own;diary')).text).toBe('/**/f({"auth":"local-key:forbidden"});');
    const { channels: bobs } = await socketOf('bob');
    expect((await script(address, bobs.items!)).text).toContain('forbidden');
    const nobody = `${address.slice(0, -4)}aaaa`;
    expect((await script(nobody, channels.items!, '1.2', { authorization: basicAuth('ann', 'pw') })).text).toContain(
      'denied',
    );
  });

  it('is good for nothing but that', async () => {
    const name = (await socketOf('ann')).auth_url.split('/').at(-1)!;
    for (const query of [`ticket=${name}`, `access_token=${name}`]) {
      const answer = await request('GET', `/v1/buckets/blog/collections/articles/records?${query}`, { auth: null });
      expect(answer.status).toBe(401);
    }
  });

  it('takes forms as well, and counts no more when the password is another one', async () => {
    await signUp('cleo');
    const { auth_url: address, channels } = await socketOf('cleo');
    const ask = () =>
      request('POST', new URL(address).pathname, {
        auth: null,
        raw: new URLSearchParams({ socket_id: '1.2', channel_name: channels.items! }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect((await ask()).status).toBe(200);
    await request('PATCH', '/v1/accounts/cleo', { ...by('cleo'), body: { data: { password: 'new' } } });
    expect((await ask()).status).toBe(401);
    expect((await script(address, channels.items!)).text).toContain('denied');
  });
});

describe('Somebody who has signed in with an account', () => {
  it.each([
    ['is sent away when it is deleted', 'DELETE', undefined],
    ['is sent away when it has another password', 'PATCH', { data: { password: 'new' } }],
  ])('%s, and others are not', async (_what, method, body) => {
    const name = `gone-${method.toLowerCase()}`;
    for (const user of [name, `not-${name}`]) await signUp(user);
    const clients = await Promise.all(
      [name, `not-${name}`].map(async (user) => {
        const client = await server.connect();
        const asked = { ...by(user), body: { socket_id: client.socketId } };
        const { json } = await request('POST', '/v1/pusher/user-auth', asked);
        client.say({ event: 'pusher:signin', data: json });
        expect(frameOf(await client.next()).event).toBe('pusher:signin_success');
        return client;
      }),
    );
    const [gone, other] = clients;
    await request(method, `/v1/accounts/${name}`, { ...by(name), ...(body === undefined ? {} : { body }) });
    expect(await gone!.closed).toEqual({
      code: 4009,
      reason: 'What the client has shown of who it is does not count any more.',
    });
    expect(await other!.settle()).toEqual([]);
    await other!.close();
  });
});

describe('The client that is served', () => {
  it('is a script for pages anywhere, and is not sent again to who has it', async () => {
    const first = await request('GET', '/v1/pusher/client.js', { auth: null });
    expect(first.status).toBe(200);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'application/javascript; charset=utf-8',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=3600',
    });
    expect(first.text).toMatch(/^\/\*!/);
    const again = await request('GET', '/v1/pusher/client.js', {
      auth: null,
      headers: { 'if-none-match': first.headers.get('etag')! },
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });
});

function manyChannels(): string {
  return Array.from({ length: 101 }, (_, n) => `b/c${n}`).join(',');
}
