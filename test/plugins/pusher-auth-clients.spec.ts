import Pusher, { type Options } from 'pusher-js';
import nacl from 'tweetnacl';
import { ChannelEncryption } from '../../src/plugins/pusher-auth/encryption.js';
import type { JsonObject } from '../../src/wire/json.js';
import { happening, type Client } from '../realtime/support/pusher-clients.js';
import { basicAuth, USER_IDS, type Answer } from '../support/server.js';
import { ChannelAccessServer, frameOf, LOCAL_APP } from './channel-access-server.js';

const ClientClass = Pusher as unknown as new (...given: ConstructorParameters<typeof Pusher.default>) => Client;

let server: ChannelAccessServer;
beforeAll(async () => {
  server = await ChannelAccessServer.start(`
kinto.pusher.jsonp_enabled = true
kinto.includes = kinto.plugins.accounts
multiauth.policies = account basicauth
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
`);
  await server.put('mat', '/buckets/blog', {});
  await server.put('mat', '/buckets/blog/collections/posts', {}, { read: ['account:ann'] });
});
afterAll(() => server.close());

const CHANNEL = 'private-blog-posts-record';

function connectTo(at: ChannelAccessServer, user: string, more: Partial<Options> = {}): Client {
  const headers = { authorization: basicAuth(user) };
  const { port, url } = at.server;
  return new ClientClass(LOCAL_APP.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: port,
    forceTLS: false,
    enabledTransports: ['ws', 'wss'],
    channelAuthorization: { transport: 'ajax', endpoint: `${url}/v1/pusher/auth`, headers },
    userAuthentication: { transport: 'ajax', endpoint: `${url}/v1/pusher/user-auth`, headers },
    ...more,
  });
}

describe('The stock pusher-js', () => {
  const connect = (user: string) => connectTo(server, user);

  it('is let in by its permissions, hears what it may read, and signs in', async () => {
    const client = connect('mat');
    const channel = client.subscribe(CHANNEL);
    await happening(channel, 'pusher:subscription_succeeded');
    const told = happening(channel, 'create');
    await server.put('mat', '/buckets/blog/collections/posts/records/r1', {});
    expect(await told).toMatchObject([{ new: { id: 'r1' } }]);
    client.signin();
    await happening(client, 'pusher:signin_success');
    client.disconnect();
  });

  it('is told when it may not', async () => {
    const client = connect('bob');
    const refused = await happening(client.subscribe(CHANNEL), 'pusher:subscription_error');
    expect(refused).toMatchObject({ type: 'AuthError', status: 403 });
    client.disconnect();
  });

  it('is told when it may no more', async () => {
    await server.put('mat', '/buckets/brief', {}, { read: ['system.Authenticated'] });
    const client = connect('bob');
    const channel = client.subscribe('private-brief-c-record');
    await happening(channel, 'pusher:subscription_succeeded');
    const ended = happening(channel, 'pusher:subscription_error');
    await server.put('mat', '/buckets/brief', {}, { read: [] });
    expect(await ended).toEqual({ type: 'AuthError', error: 'revoked', status: 403 });
    client.disconnect();
  });
});

describe('An account that is gone', () => {
  it.each([
    ['is deleted', (headers: Record<string, string>) => request('DELETE', '/v1/accounts/ann', headers)],
    [
      'has another password',
      (headers: Record<string, string>) => request('PATCH', '/v1/accounts/ann', headers, { data: { password: 'new' } }),
    ],
  ])('ends the connections that were let in with it when it %s', async (_how, lose) => {
    await request('PUT', '/v1/accounts/ann', {}, { data: { password: 'secret' } });
    const headers = { authorization: basicAuth('ann') };
    const client = await server.connect();
    const signed = await request('POST', '/v1/pusher/auth', headers, {
      socket_id: client.socketId,
      channel_name: CHANNEL,
    });
    client.say({ event: 'pusher:subscribe', data: { channel: CHANNEL, ...signed.json } });
    expect(frameOf(await client.next()).event).toBe('pusher_internal:subscription_succeeded');
    const from = performance.now();
    expect((await lose(headers)).status).toBe(200);
    expect((await client.closed).code).toBe(4009);
    expect(performance.now() - from).toBeLessThan(20_000);
    await request('DELETE', '/v1/accounts/ann', { authorization: basicAuth('ann', 'new') });
  });
});

describe('The script that old pages ask for', () => {
  const callback = `Pusher.auth_callbacks['1']`;

  async function ticket(data: JsonObject = {}): Promise<string> {
    const answer = await request('POST', '/v1/realtime/tickets', { authorization: basicAuth('mat') }, { data });
    expect(answer.status).toBe(201);
    return answer.data.ticket as string;
  }

  function ask(more: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const query = new URLSearchParams({ callback, socket_id: '1.2', channel_name: CHANNEL, ...more });
    return server.server.request('GET', `/v1/pusher/auth?${query.toString()}`, { auth: null, headers });
  }

  it('calls back with a signature for a ticket, which is good for one', async () => {
    const own = await ticket();
    const answer = await ask({ ticket: own });
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^\/\*\*\/Pusher\.auth_callbacks\['1'\]\(\{"auth":"local-key:[0-9a-f]{64}",.*\}\);$/);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/javascript',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'no-store',
    });
    expect((await ask({ ticket: own })).text).toBe(`/**/${callback}({"auth":"local-key:denied"});`);
  });

  it('takes nothing that a browser sends by itself', async () => {
    const answer = await ask({}, { authorization: basicAuth('mat'), cookie: 'session=1' });
    expect(answer.text).toBe(`/**/${callback}({"auth":"local-key:denied"});`);
  });

  it('gives no signature beyond the scope of the ticket', async () => {
    const answer = await ask({ ticket: await ticket({ scope: ['/buckets/other/*'] }) });
    expect(answer.text).toContain('local-key:forbidden');
    expect((await ask({ ticket: await ticket({ scope: ['/buckets/blog/*'], use: 'stream' }) })).text).not.toMatch(
      /denied|forbidden/,
    );
  });

  it.each([
    ['denied', 401],
    ['forbidden', 403],
  ])('leads to a refusal by the socket where it says %s', async (word, status) => {
    const client = await server.connect();
    client.say({ event: 'pusher:subscribe', data: { channel: CHANNEL, auth: `local-key:${word}` } });
    expect(frameOf(await client.next())).toMatchObject({ event: 'pusher:subscription_error', data: { status } });
    await client.close();
  });

  it.each(['', 'alert(1)//', 'a.b(', "a['b\\']", 'a[b]', 'x'.repeat(300), 'a b', '<script>', 'a..b', 'a;b'])(
    'refuses the callback %j',
    async (name) => {
      const answer = await ask({ callback: name });
      expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    },
  );
});

function request(method: string, path: string, headers: Record<string, string>, body?: JsonObject): Promise<Answer> {
  return server.server.request(method, path, { auth: null, headers, ...(body === undefined ? {} : { body }) });
}

describe('Encrypted channels', () => {
  const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');
  const ENCRYPTED = 'private-encrypted-blog-posts-record';

  it('have the key that the server libraries would give, and changes that only it opens', async () => {
    const secret = new ChannelEncryption(MASTER_KEY).sharedSecret('private-encrypted-z');
    // The vector of pusher-protocol.md, 4.2.
    expect(secret).toBe('7UG7tAPTCAcaEj8VH4taFo/Liw+Zulx/G6rFL/n9Qsw=');
    const own = await ChannelAccessServer.start(
      `kinto.channels.encryption_master_key = ${MASTER_KEY}\n` +
        'kinto.event_listeners.cached.channel = private-encrypted-{bucket_id}-{collection_id}-{resource_name}',
    );
    await own.put('mat', '/buckets/blog', {}, { read: [USER_IDS.bob] });
    await own.put('mat', '/buckets/blog/collections/posts', {});
    const wire = await own.listen('bob', ENCRYPTED);
    const client = connectTo(own, 'bob', { nacl });
    const channel = client.subscribe(ENCRYPTED);
    await happening(channel, 'pusher:subscription_succeeded');
    const told = happening(channel, 'create');
    const { data } = await own.put('mat', '/buckets/blog/collections/posts/records/r1', { words: 'between us' });
    expect(await told).toEqual([{ new: data }]);
    const { data: sealed } = frameOf(await wire.next());
    expect(Object.keys(sealed as object)).toEqual(['nonce', 'ciphertext']);
    const refused = await own.ask('alice', { socket_id: '1.2', channel_name: ENCRYPTED });
    expect([refused.status, refused.text.includes('shared_secret')]).toEqual([403, false]);
    client.disconnect();
    await wire.close();
    await own.close();
  });

  it('are nobody’s by permissions where there is no key', async () => {
    const answer = await server.ask('mat', { socket_id: '1.2', channel_name: ENCRYPTED });
    expect(answer.status).toBe(403);
  });

  it.each(['short', Buffer.alloc(31).toString('base64'), `${'!'.repeat(44)}`])('refuse the key %j', async (key) => {
    await expect(ChannelAccessServer.start(`kinto.channels.encryption_master_key = ${key}`)).rejects.toThrow(
      'channels.encryption_master_key',
    );
  });
});
