import { USER_IDS } from '../support/server.js';
import { ChannelAccessServer, frameOf } from './channel-access-server.js';

let server: ChannelAccessServer;

beforeAll(async () => {
  server = await ChannelAccessServer.start();
  await server.put('mat', '/buckets/blog', {}, { read: [USER_IDS.bob] });
  await server.put('mat', '/buckets/blog/collections/posts', {});
  await server.put('mat', '/buckets/own', {});
  await server.put('mat', '/buckets/own/collections/mixed', {}, { 'record:create': [USER_IDS.alice] });
  // (a-b, c) and (a, b-c) have one channel.
  await server.put('mat', '/buckets/a-b', {});
  await server.put('mat', '/buckets/a-b/collections/c', {});
  await server.put('bob', '/buckets/a', {});
  await server.put('bob', '/buckets/a/collections/b-c', {});
});
afterAll(() => server.close());

const POSTS = 'private-blog-posts-record';
const SOCKET = '123.456';

describe('/pusher/auth', () => {
  it('signs for who may read the list, as a form and as JSON', async () => {
    const form = await server.ask('bob', { socket_id: SOCKET, channel_name: POSTS });
    expect(form.status).toBe(200);
    expect(form.headers.get('cache-control')).toBe('no-store');
    const { auth, channel_data: data } = form.json as { auth: string; channel_data: string };
    expect(auth).toBe(server.sign(`${SOCKET}:${POSTS}:${data}`));
    const json = await server.server.request('POST', '/v1/pusher/auth', {
      body: { socket_id: SOCKET, channel_name: POSTS },
    });
    expect(json.status).toBe(200);
  });

  it('refuses in the form of the API whoever may not', async () => {
    const forbidden = await server.ask('alice', { socket_id: SOCKET, channel_name: POSTS });
    expect([forbidden.status, forbidden.json.errno]).toEqual([403, 121]);
    const nobody = await server.ask(null, { socket_id: SOCKET, channel_name: POSTS });
    expect([nobody.status, nobody.json.errno]).toEqual([401, 104]);
  });

  it.each(['private-nowhere-at-all', 'private-chat', 'presence-chat', 'private-encrypted-blog-posts-record', 'chat'])(
    'signs for nobody for %s, which announces nothing they may read',
    async (channel) => {
      expect((await server.ask('bob', { socket_id: SOCKET, channel_name: channel })).status).toBe(403);
    },
  );

  it.each([
    { socket_id: '1.2', channel_name: 'a b' },
    { socket_id: '1', channel_name: POSTS },
    { socket_id: '1.2' },
    { socket_id: '1.2:private-x', channel_name: POSTS },
  ])('answers 400 for %j', async (form) => {
    const answer = await server.ask('bob', form);
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
  });

  it('answers a batch by channel', async () => {
    const answer = await server.ask('bob', {
      socket_id: SOCKET,
      'channel_name[0]': POSTS,
      'channel_name[1]': 'private-own-mixed-record',
    });
    expect(answer.json).toMatchObject({
      [POSTS]: { status: 200, data: { auth: expect.stringMatching(/^local-key:[0-9a-f]{64}$/) as string } },
      'private-own-mixed-record': { status: 403, data: { errno: 121 } },
    });
  });

  it('is no script unless the settings say so', async () => {
    const answer = await server.server.request('GET', '/v1/pusher/auth?callback=f&socket_id=1.2&channel_name=x');
    expect(answer.status).toBe(405);
  });

  it('signs a user in on a socket', async () => {
    const answer = await server.server.request('POST', '/v1/pusher/user-auth', { body: { socket_id: SOCKET } });
    const { auth, user_data: data } = answer.json as { auth: string; user_data: string };
    expect(JSON.parse(data)).toEqual({ id: USER_IDS.mat.replace(':', ';') });
    expect(auth).toBe(server.sign(`${SOCKET}::user::${data}`));
    const client = await server.connect();
    const own = await server.server.request('POST', '/v1/pusher/user-auth', { body: { socket_id: client.socketId } });
    client.say({ event: 'pusher:signin', data: own.json });
    expect(frameOf(await client.next()).event).toBe('pusher:signin_success');
    await client.close();
    const nobody = await server.server.request('POST', '/v1/pusher/user-auth', {
      auth: null,
      body: { socket_id: SOCKET },
    });
    expect(nobody.status).toBe(401);
  });
});

describe('A subscription to a channel that announces changes', () => {
  it('hears what is written there, and the member of a presence channel is the user', async () => {
    const bob = await server.listen('bob', POSTS);
    const presence = await server.connect();
    const there = await server.subscribe(presence, 'bob', 'presence-items;blog;posts');
    expect(there.event).toBe('pusher_internal:subscription_succeeded');
    expect(there.data).toMatchObject({ presence: { ids: [USER_IDS.bob.replace(':', ';')] } });
    const { data } = await server.put('mat', '/buckets/blog/collections/posts/records/r1', { title: 'hello' });
    expect(frameOf(await bob.next())).toMatchObject({ event: 'create', channel: POSTS, data: [{ new: data }] });
    expect(frameOf(await presence.next())).toMatchObject({ event: 'create', data });
    await Promise.all([bob.close(), presence.close()]);
  });

  it('cannot be had with the signature for another socket, nor without the channel data', async () => {
    const client = await server.connect();
    const answer = await server.ask('bob', { socket_id: client.socketId, channel_name: POSTS });
    client.say({ event: 'pusher:subscribe', data: { channel: POSTS, auth: answer.json.auth } });
    expect(frameOf(await client.next())).toMatchObject({ event: 'pusher:subscription_error', data: { status: 401 } });
    const other = await server.connect();
    other.say({ event: 'pusher:subscribe', data: { channel: POSTS, ...answer.json } });
    expect(frameOf(await other.next())).toMatchObject({ event: 'pusher:subscription_error', data: { status: 401 } });
    await Promise.all([client.close(), other.close()]);
  });

  it('hears everything when the own server of the app has signed for it', async () => {
    const client = await server.connect();
    const channel = 'private-own-mixed-record';
    client.say({ event: 'pusher:subscribe', data: { channel, auth: server.sign(`${client.socketId}:${channel}`) } });
    expect(frameOf(await client.next()).event).toBe('pusher_internal:subscription_succeeded');
    await server.put('mat', '/buckets/own/collections/mixed/records/trusted', {});
    expect(frameOf(await client.next())).toMatchObject({ event: 'create', channel });
    await client.close();
  });

  it('shows of one collection to each only the records that they may read', async () => {
    const channel = 'private-own-mixed-record';
    const alice = await server.listen('alice', channel);
    const mat = await server.listen('mat', channel);
    const told = (text: string) => {
      const { event, data } = frameOf(text);
      const ids = (data as { new: { id: string } }[]).map((pair) => pair.new.id);
      return [event, ...ids.sort()].join(' ');
    };
    await server.put('alice', '/buckets/own/collections/mixed/records/hers', {});
    await server.put('mat', '/buckets/own/collections/mixed/records/his', {});
    await server.put('mat', '/buckets/own/collections/mixed/records/shared', {}, { read: [USER_IDS.alice] });
    expect([await mat.next(), await mat.next(), await mat.next()].map(told)).toEqual([
      'create hers',
      'create his',
      'create shared',
    ]);
    expect([await alice.next(), await alice.next()].map(told)).toEqual(['create hers', 'create shared']);
    await server.server.request('DELETE', '/v1/buckets/own/collections/mixed/records');
    expect(told(await mat.next())).toBe('delete hers his shared trusted');
    expect(told(await alice.next())).toBe('delete hers shared');
    expect(await alice.settle()).toEqual([]);
    await Promise.all([alice.close(), mat.close()]);
  });

  it('shows nothing of what a record was before it could be read', async () => {
    const channel = 'private-own-mixed-record';
    const alice = await server.listen('alice', channel);
    const uri = '/buckets/own/collections/mixed/records/secret';
    await server.put('mat', uri, { text: 'for mat alone' });
    await server.put('mat', uri, { text: 'for alice too' }, { read: [USER_IDS.alice] });
    const { data } = frameOf(await alice.next());
    expect(data).toEqual([{ new: expect.objectContaining({ text: 'for alice too' }) as unknown }]);
    await server.put('mat', uri, { text: 'not any more' }, { read: [] });
    await server.put('alice', '/buckets/own/collections/mixed/records/last', {});
    expect(frameOf(await alice.next()).data).toMatchObject([{ new: { id: 'last' } }]);
    expect(await alice.settle()).toEqual([]);
    await alice.close();
  });

  it('does not mix two collections whose channels have one name', async () => {
    const channel = 'private-a-b-c-record';
    const mat = await server.listen('mat', channel);
    const bob = await server.listen('bob', channel);
    await server.put('mat', '/buckets/a-b/collections/c/records/of-mat', {});
    await server.put('bob', '/buckets/a/collections/b-c/records/of-bob', {});
    expect(frameOf(await mat.next())).toMatchObject({ data: [{ new: { id: 'of-mat' } }] });
    expect(frameOf(await bob.next())).toMatchObject({ data: [{ new: { id: 'of-bob' } }] });
    expect([await mat.settle(), await bob.settle()]).toEqual([[], []]);
    await Promise.all([mat.close(), bob.close()]);
  });

  it('on a public channel shows what everybody may read, if the settings say so', async () => {
    const client = await server.connect();
    for (const channel of ['open-posts-record', 'blog-posts-record']) {
      client.say({ event: 'pusher:subscribe', data: { channel, auth: '' } });
      await client.next();
    }
    await server.put('mat', '/buckets/open', {}, { read: ['system.Everyone'] });
    await server.put('mat', '/buckets/open/collections/posts', {});
    await server.put('mat', '/buckets/blog/collections/posts/records/for-bob', {});
    await server.put('mat', '/buckets/open/collections/posts/records/for-all', {});
    const heard = frameOf(await client.next());
    expect(heard).toMatchObject({ channel: 'open-posts-record', data: [{ new: { id: 'for-all' } }] });
    await client.close();
  });
});

describe('Losing what a subscription was given for', () => {
  it('ends it within a second, and the same signature does not bring it back', async () => {
    await server.put('mat', '/buckets/lost', {}, { read: [USER_IDS.bob] });
    await server.put('mat', '/buckets/lost/collections/c', {});
    const channel = 'private-lost-c-record';
    const client = await server.connect();
    const { json } = await server.ask('bob', { socket_id: client.socketId, channel_name: channel });
    client.say({ event: 'pusher:subscribe', data: { channel, ...json } });
    await client.next();
    const from = performance.now();
    await server.put('mat', '/buckets/lost', {}, { read: [] });
    expect(frameOf(await client.next())).toEqual({
      event: 'pusher:subscription_error',
      channel,
      data: { type: 'AuthError', error: 'revoked', status: 403 },
    });
    expect(performance.now() - from).toBeLessThan(20_000);
    client.say({ event: 'pusher:subscribe', data: { channel, ...json } });
    expect(frameOf(await client.next())).toMatchObject({ event: 'pusher:subscription_error', data: { status: 403 } });
    await client.close();
  });

  it.each([
    ['leaves the group', () => server.put('mat', '/buckets/club/groups/members', { members: [] })],
    ['loses the group itself', () => server.server.request('DELETE', '/v1/buckets/club/groups/members')],
    ['loses the whole bucket', () => server.server.request('DELETE', '/v1/buckets/club')],
  ])('ends it when its user %s', async (_how, lose) => {
    await server.put('mat', '/buckets/club', {}, { read: ['/buckets/club/groups/members'] });
    await server.put('mat', '/buckets/club/collections/c', {});
    await server.put('mat', '/buckets/club/groups/members', { members: [USER_IDS.bob] });
    const client = await server.listen('bob', 'private-club-c-record');
    await lose();
    expect(frameOf(await client.next())).toMatchObject({ event: 'pusher:subscription_error', data: { status: 403 } });
    await server.put('mat', '/buckets/club', {});
    await server.put('mat', '/buckets/club/collections/c', {});
    await server.put('mat', '/buckets/club/collections/c/records/r', {});
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('ends it when the last record that was shared is so no more', async () => {
    await server.put('mat', '/buckets/own/collections/few', {});
    const uri = '/buckets/own/collections/few/records/r';
    await server.put('mat', uri, {}, { read: [USER_IDS.bob] });
    const client = await server.listen('bob', 'private-own-few-record');
    await server.put('mat', uri, {}, { read: [] });
    expect(frameOf(await client.next())).toMatchObject({ event: 'pusher:subscription_error', data: { status: 403 } });
    await client.close();
  });
});
