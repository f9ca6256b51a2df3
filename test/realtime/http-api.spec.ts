import { APP, OTHER_APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient } from './support/raw-client.js';
import { request, signed } from './support/signed-request.js';

describe('The channels HTTP API', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const EVENT = { name: 'e', channel: 'c', data: '{}' };
  const publish = (body: unknown) => signed(server, 'POST', '/apps/3/events', body);
  const publishBatch = (body: unknown) => signed(server, 'POST', '/apps/3/batch_events', body);

  it('answers an event with an empty object', async () => {
    const answer = await publish(EVENT);
    expect(answer).toEqual({ status: 200, type: 'application/json; charset=utf-8', body: '{}' });
  });

  it('delivers exactly the data posted, to each channel once', async () => {
    const client = await RawClient.connect(server, 'a', 'b');
    await publish({ name: 'e', channels: ['a', 'b', 'a'], data: '{"é": 1 }' });
    expect(await client.next()).toBe('{"event":"e","channel":"a","data":"{\\"é\\": 1 }"}');
    expect(await client.next()).toBe('{"event":"e","channel":"b","data":"{\\"é\\": 1 }"}');
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('leaves out the socket it is told to, and takes an unknown one without complaint', async () => {
    const client = await RawClient.connect(server, 'c');
    expect((await publish({ ...EVENT, socket_id: client.socketId })).status).toBe(200);
    expect((await publish({ ...EVENT, name: 'heard', socket_id: '1.1' })).status).toBe(200);
    expect(await client.next()).toContain('"event":"heard"');
    await client.close();
  });

  it.each([
    ['no JSON', 'hello', 400],
    ['a list', [], 400],
    ['nothing', '', 400],
    ['no name', { ...EVENT, name: undefined }, 400],
    ['an empty name', { ...EVENT, name: '' }, 400],
    ['a name of 201 characters', { ...EVENT, name: 'x'.repeat(201) }, 400],
    ['a name of the protocol', { ...EVENT, name: 'pusher:ping' }, 400],
    ['an internal name', { ...EVENT, name: 'pusher_internal:x' }, 400],
    ['a name like the protocol', { ...EVENT, name: 'pusher-foo' }, 400],
    ['no data', { ...EVENT, data: undefined }, 400],
    ['data that is no text', { ...EVENT, data: { a: 1 } }, 400],
    ['data of 10,241 bytes', { ...EVENT, data: 'é'.repeat(5120) + 'x' }, 413],
    ['no channel', { ...EVENT, channel: undefined }, 400],
    ['an empty list of channels', { ...EVENT, channel: undefined, channels: [] }, 400],
    ['101 channels', { ...EVENT, channel: undefined, channels: Array.from({ length: 101 }, (_, i) => `c${i}`) }, 400],
    ['channels that are no list', { ...EVENT, channel: undefined, channels: 'c' }, 400],
    ['both forms of channels', { ...EVENT, channels: ['c'] }, 400],
    ['an illegal channel', { ...EVENT, channel: 'a b' }, 400],
    ['a number for a channel', { ...EVENT, channel: 7 }, 400],
    ['a user id with a space', { ...EVENT, channel: '#server-to-user-u 1' }, 400],
    ['a user beside a channel', { ...EVENT, channel: undefined, channels: ['c', '#server-to-user-u1'] }, 400],
    [
      'two encrypted channels',
      { ...EVENT, channel: undefined, channels: ['private-encrypted-a', 'private-encrypted-b'] },
      400,
    ],
    ['a bad socket id', { ...EVENT, socket_id: 'mine' }, 400],
    ['an unknown info', { ...EVENT, info: 'weather' }, 400],
  ])('refuses %s', async (_, body, status) => {
    const client = await RawClient.connect(server, 'c');
    const answer = await publish(body);
    expect(answer).toEqual({
      status,
      type: 'text/plain; charset=utf-8',
      body: expect.stringMatching(/^[^\n]+\n$/) as string,
    });
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it.each([
    ['empty data', { ...EVENT, data: '' }],
    ['data of 10,240 bytes', { ...EVENT, data: 'é'.repeat(5120) }],
    ['a name with a backslash', { ...EVENT, name: 'App\\Events\\X' }],
    ['a name that only looks reserved', { ...EVENT, name: 'pushers' }],
    ['one encrypted channel', { ...EVENT, channel: 'private-encrypted-a' }],
    ['a user', { ...EVENT, channel: '#server-to-user-u1' }],
  ])('takes %s', async (_, body) => {
    expect((await publish(body)).status).toBe(200);
  });

  it('tells what was asked for with info, for each channel once', async () => {
    const client = await RawClient.connect(server, 'a', '__proto__');
    const answer = await publish({
      name: 'e',
      data: '',
      channels: ['a', '__proto__', 'presence-p', 'a'],
      info: 'user_count,subscription_count',
    });
    expect(answer.body).toBe(
      '{"channels":{"a":{"subscription_count":1},"__proto__":{"subscription_count":1},"presence-p":{"user_count":0}}}',
    );
    await client.close();
  });

  it('publishes a batch in order and answers with an empty object', async () => {
    const client = await RawClient.connect(server, 'c');
    const answer = await publishBatch({ batch: [EVENT, { ...EVENT, name: 'f' }] });
    expect(answer.body).toBe('{}');
    expect(await client.next()).toContain('"event":"e"');
    expect(await client.next()).toContain('"event":"f"');
    await client.close();
  });

  it('answers a batch item by item when one of them asks', async () => {
    const answer = await publishBatch({ batch: [EVENT, { ...EVENT, info: 'subscription_count' }] });
    expect(answer.body).toBe('{"batch":[{},{"subscription_count":0}]}');
  });

  it.each([
    ['11 events', { batch: Array.from({ length: 11 }, () => EVENT) }, 400],
    ['no list', { batch: EVENT }, 400],
    ['an item that is no object', { batch: [EVENT, 7] }, 400],
    ['an item without a channel', { batch: [EVENT, { name: 'e', data: '' }] }, 400],
    ['an item too large', { batch: [EVENT, { ...EVENT, data: 'x'.repeat(10_241) }] }, 413],
  ])('refuses a batch with %s as a whole', async (_, body, status) => {
    const client = await RawClient.connect(server, 'c');
    expect((await publishBatch(body)).status).toBe(status);
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('lists the occupied channels, all or those with a prefix', async () => {
    const client = await RawClient.connect(server, 'room-1', 'room-2', 'hall');
    const list = (parameters: Record<string, string>) =>
      signed(server, 'GET', '/apps/3/channels', undefined, { parameters });
    expect(JSON.parse((await list({})).body)).toEqual({ channels: { 'room-1': {}, 'room-2': {}, hall: {} } });
    expect(JSON.parse((await list({ filter_by_prefix: 'room-', info: 'subscription_count' })).body)).toEqual({
      channels: { 'room-1': { subscription_count: 1 }, 'room-2': { subscription_count: 1 } },
    });
    expect((await list({ filter_by_prefix: 'presence-', info: 'user_count' })).body).toBe('{"channels":{}}');
    expect((await list({ info: 'user_count' })).status).toBe(400);
    await client.close();
  });

  it('tells whether a channel is occupied, with 200 for one nobody has heard of', async () => {
    const client = await RawClient.connect(server, 'a=b,c;d@e');
    const show = (name: string, info?: string) =>
      signed(server, 'GET', `/apps/3/channels/${name}`, undefined, { parameters: info === undefined ? {} : { info } });
    expect((await show('a=b,c;d@e')).body).toBe('{"occupied":true}');
    expect((await show('a%3Db%2Cc%3Bd%40e', 'subscription_count')).body).toBe(
      '{"occupied":true,"subscription_count":1}',
    );
    expect(await show('nobody')).toMatchObject({ status: 200, body: '{"occupied":false}' });
    expect((await show('presence-x', 'user_count')).body).toBe('{"occupied":false,"user_count":0}');
    expect((await show('nobody', 'user_count')).status).toBe(400);
    expect((await show('nobody', 'cache')).status).toBe(400);
    expect((await show('presence-x', 'subscription_count')).status).toBe(400);
    expect((await show('a%20b')).status).toBe(400);
    await client.close();
  });

  it('knows apps by their id, and no app by the key of another', async () => {
    expect(await signed(server, 'POST', '/apps/99/events', EVENT)).toMatchObject({
      status: 404,
      body: 'No app has this id.\n',
    });
    const { key, secret } = OTHER_APP;
    expect((await signed(server, 'POST', '/apps/3/events', EVENT, { key, secret })).status).toBe(401);
    expect((await signed(server, 'POST', '/apps/4/events', EVENT, { key, secret })).status).toBe(200);
  });

  it('refuses what is not signed, badly signed, tampered with or old, and publishes nothing', async () => {
    const client = await RawClient.connect(server, 'c');
    const url = '/apps/3/events';
    const old = { auth_timestamp: String(Math.floor(Date.now() / 1000) - 700) };
    const answers = [
      await request(server.http + url, 'POST', JSON.stringify(EVENT)),
      await signed(server, 'POST', url, EVENT, { secret: 'wrong' }),
      await signed(server, 'POST', url, EVENT, { tampered: JSON.stringify({ ...EVENT, name: 'x' }) }),
      await signed(server, 'POST', url, EVENT, { parameters: old }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 401, type: 'text/plain; charset=utf-8' });
      expect(answer.body).not.toContain(APP.secret);
    }
    expect(answers[1]?.body).toContain(String.raw`POST\n/apps/3/events\nauth_key=${APP.key}`);
    expect(await client.settle()).toEqual([]);
    await client.close();
  });
});
