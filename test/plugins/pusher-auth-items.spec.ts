import type { ConnectedClient } from '../realtime/support/raw-client.js';
import { USER_IDS } from '../support/server.js';
import { ChannelAccessServer, frameOf, type Frame } from './channel-access-server.js';

/** A frame on a channel of items. */
interface ItemFrame extends Frame {
  readonly position: string;
  readonly previous: string;
  readonly uri?: string;
}

const COLLECTION = '/buckets/blog/collections/articles';
const ITEMS = 'private-items;blog;articles';

let server: ChannelAccessServer;
beforeEach(async () => {
  server = await ChannelAccessServer.start('kinto.items.max_replay = 20');
  await server.put('mat', '/buckets/blog', {}, { read: [USER_IDS.bob] });
  await server.put('mat', COLLECTION, {});
});
afterEach(() => server.close());

const write = (id: string, data: object = {}) => server.put('mat', `${COLLECTION}/records/${id}`, data);
const next = async (client: ConnectedClient) => frameOf(await client.next()) as ItemFrame;

/** @param position where the client was when it last heard of the channel */
async function subscribe(client: ConnectedClient, user: 'mat' | 'bob' | 'alice', channel: string, position?: string) {
  const { json } = await server.ask(user, { socket_id: client.socketId, channel_name: channel });
  client.say({ event: 'pusher:subscribe', data: { channel, ...json, position } });
  return frameOf(await client.next());
}

describe('A channel of items', () => {
  it('tells each object as the list has it, with its position and the one before beside', async () => {
    const client = await server.connect();
    const { data: begun } = await subscribe(client, 'bob', ITEMS);
    const listed = () => server.server.request('GET', `/v1${COLLECTION}/records?_since=0`);
    await write('one', { title: 'Hellö', n: 1 });
    const created = await next(client);
    expect([created.event, created.channel]).toEqual(['create', ITEMS]);
    expect(created.data).toEqual((await listed()).list[0]);
    expect(created.previous).toBe((begun as { position: string }).position);
    await write('one', { title: 'Bye', n: 1.5 });
    const updated = await next(client);
    expect([updated.event, updated.data, updated.previous]).toEqual([
      'update',
      (await listed()).list[0],
      created.position,
    ]);
    await server.server.request('DELETE', `/v1${COLLECTION}/records/one`);
    const deleted = await next(client);
    expect([deleted.event, deleted.data, deleted.previous]).toEqual([
      'delete',
      (await listed()).list[0],
      updated.position,
    ]);
    expect(deleted.data).toMatchObject({ id: 'one', deleted: true });
    const { headers } = await listed();
    expect(headers.get('change-position') ?? deleted.position).toBe(deleted.position);
    await client.close();
  });

  it('tells the objects of a batch in the order of their positions, whatever was done to them', async () => {
    await write('b');
    const client = await server.connect();
    await subscribe(client, 'bob', ITEMS);
    const path = `/v1${COLLECTION}/records`;
    const requests = [
      { method: 'PUT', path: `${path}/a` },
      { method: 'PATCH', path: `${path}/b`, body: { data: { n: 1 } } },
      { method: 'PUT', path: `${path}/c` },
      { method: 'DELETE', path: `${path}/a` },
    ];
    await server.server.request('POST', '/v1/batch', { body: { requests } });
    const frames = [await next(client), await next(client), await next(client), await next(client)];
    expect(frames.map(({ event, data }) => `${event} ${(data as { id: string }).id}`)).toEqual([
      'create a',
      'update b',
      'create c',
      'delete a',
    ]);
    expect(frames.slice(1).map(({ previous }) => previous)).toEqual(
      frames.slice(0, -1).map(({ position }) => position),
    );
    await client.close();
  });

  it('refuses who may not read the collection, and does not say whether there is one', async () => {
    for (const channel of [ITEMS, 'private-items;blog;nothing', 'private-items;none;nothing']) {
      const answer = await server.ask('alice', { socket_id: '1.2', channel_name: channel });
      expect([answer.status, answer.json.errno]).toEqual([403, 121]);
    }
  });

  it('replaces what is too large by a notice of where it is', async () => {
    const client = await server.connect();
    await subscribe(client, 'bob', ITEMS);
    const { lastModified } = await write('large', { text: 'x'.repeat(70_000) });
    const uri = `${COLLECTION}/records/large`;
    expect((await next(client)).data).toMatchObject({ too_large: true, uri, last_modified: lastModified });
    await client.close();
  });

  it('of which somebody may read single records shows these, and never replays', async () => {
    await server.put('mat', `${COLLECTION}/records/hers`, {}, { read: [USER_IDS.alice] });
    const client = await server.connect();
    const { data } = await subscribe(client, 'alice', ITEMS);
    await write('his');
    await write('hers', { n: 2 });
    expect(await next(client)).toMatchObject({ event: 'update', data: { id: 'hers' } });
    expect(await client.settle()).toEqual([]);
    const again = await server.connect();
    const { position } = data as { position: string };
    expect((await subscribe(again, 'alice', ITEMS, position)).data).toMatchObject({
      recovered: false,
      reason: 'partial_access',
    });
    await Promise.all([client.close(), again.close()]);
  });

  it('goes on after its list was removed and made anew only with a word that it is to be read again', async () => {
    await write('old');
    const client = await server.connect();
    await server.ask('mat', { socket_id: client.socketId, channel_name: ITEMS });
    await subscribe(client, 'mat', ITEMS);
    const requests = [
      { method: 'DELETE', path: `/v1${COLLECTION}` },
      { method: 'PUT', path: `/v1${COLLECTION}` },
      { method: 'PUT', path: `/v1${COLLECTION}/records/new` },
    ];
    await server.server.request('POST', '/v1/batch', { body: { requests } });
    const [reset, created] = [await next(client), await next(client)];
    expect(reset).toMatchObject({ event: 'reset', data: { reason: 'new_history', position: created.position } });
    expect(created).toMatchObject({ event: 'create', data: { id: 'new' }, previous: reset.position });
    await client.close();
  });
});

describe('Who comes back with a position', () => {
  it('is told exactly what was missed, then what comes', async () => {
    const first = await server.connect();
    await subscribe(first, 'bob', ITEMS);
    await write('heard');
    const { position } = await next(first);
    await first.close();
    for (const id of ['m1', 'm2', 'm3']) await write(id);
    await server.server.request('DELETE', `/v1${COLLECTION}/records/m2`);
    const again = await server.connect();
    const begun = await subscribe(again, 'bob', ITEMS, position);
    expect(begun).toMatchObject({
      event: 'pusher_internal:subscription_succeeded',
      data: { position, recovered: true },
    });
    await write('live');
    const frames: ItemFrame[] = [];
    for (let n = 0; n < 5; n += 1) frames.push(await next(again));
    expect(frames.map(({ event, data }) => `${event} ${(data as { id: string }).id}`)).toEqual([
      'create m1',
      'create m2',
      'create m3',
      'delete m2',
      'create live',
    ]);
    expect(frames.map(({ previous }) => previous)).toEqual([
      position,
      ...frames.slice(0, -1).map((one) => one.position),
    ]);
    await again.close();
  });

  it('has missed nothing of what was written while they came', async () => {
    const client = await server.connect();
    const { position } = (await subscribe(client, 'bob', ITEMS)).data as { position: string };
    const others = Array.from({ length: 6 }, async (_, n) => {
      await write(`w${n}`);
      const late = await server.connect();
      await subscribe(late, 'bob', ITEMS, position);
      return late;
    });
    const clients = [client, ...(await Promise.all(others))];
    await write('end');
    for (const each of clients) {
      const heard: string[] = [];
      while (heard.at(-1) !== 'end') heard.push(((await next(each)).data as { id: string }).id);
      expect([...heard].sort()).toEqual(['end', 'w0', 'w1', 'w2', 'w3', 'w4', 'w5']);
    }
    await Promise.all(clients.map((each) => each.close()));
  });

  it.each([
    ['nonsense', 'unknown_position'],
    ['abc.3.0000', 'new_history'],
  ])('that is %s is told to read anew', async (position, reason) => {
    await write('one');
    const client = await server.connect();
    const { data } = await subscribe(client, 'bob', ITEMS, position);
    expect(data).toMatchObject({
      recovered: false,
      reason,
      position: expect.stringMatching(/\.1\.[0-9a-f]{4}$/) as string,
    });
    await write('two');
    expect(await next(client)).toMatchObject({
      data: { id: 'two' },
      previous: (data as { position: string }).position,
    });
    await client.close();
  });

  it('that lies too far back is told to read anew', async () => {
    const client = await server.connect();
    const { position } = (await subscribe(client, 'bob', ITEMS)).data as { position: string };
    for (let n = 0; n < 21; n += 1) await write(`r${n}`);
    const again = await server.connect();
    expect((await subscribe(again, 'bob', ITEMS, position)).data).toMatchObject({
      recovered: false,
      reason: 'too_far',
    });
    await Promise.all([client.close(), again.close()]);
  });
});

describe('The channel of a user', () => {
  async function personalChannel(user: 'mat' | 'bob'): Promise<string> {
    const { json } = await server.server.request('GET', '/v1/realtime', { auth: user });
    return (json.socket as { channels: { items: string } }).channels.items;
  }

  it('tells of every record in their own bucket, before there is one, and where each is', async () => {
    const channel = await personalChannel('bob');
    expect(channel).toMatch(/^private-user-[0-9a-f]{32}$/);
    const client = await server.connect();
    const begun = (await subscribe(client, 'bob', channel)).data as { position: string };
    const item = await server.put('bob', '/buckets/default/collections/items/records/x', { name: 'a file' });
    const first = await next(client);
    expect(first).toMatchObject({ event: 'create', channel, data: item.data, previous: begun.position });
    expect(first.uri).toMatch(/^\/buckets\/[0-9a-f-]{36}\/collections\/items\/records\/x$/);
    await server.put('mat', '/buckets/default/collections/items/records/y', {});
    await server.put('bob', '/buckets/default/collections/others/records/z', {});
    const second = await next(client);
    expect(second).toMatchObject({ data: { id: 'z' }, previous: first.position });
    const again = await server.connect();
    expect((await subscribe(again, 'bob', channel, begun.position)).data).toMatchObject({ recovered: true });
    expect([await next(again), await next(again)]).toEqual([first, second]);
    await Promise.all([client.close(), again.close()]);
  });

  it('is for nobody else, whatever they may read', async () => {
    const channel = await personalChannel('mat');
    await server.put('mat', '/buckets/default', {}, { read: [USER_IDS.bob] });
    const answer = await server.ask('bob', { socket_id: '1.2', channel_name: channel });
    expect(answer.status).toBe(403);
    const client = await server.connect();
    client.say({ event: 'pusher:subscribe', data: { channel, auth: `local-key:${'0'.repeat(64)}` } });
    expect(await next(client)).toMatchObject({ event: 'pusher:subscription_error', data: { status: 401 } });
    await client.close();
  });
});
