import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { ChannelApp } from '../../src/realtime/channel-app.js';
import { stringToSign } from '../../src/realtime/pusher/signature.js';
import { until } from '../changes/until.js';
import { FailingRoad } from '../support/failing-road.js';
import { PostgresqlServer, describeWithPostgresql } from '../support/postgresql.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';
import { APP, Cluster, settingsOf, type NodeProcess } from './nodes-cluster.js';
import { HEADERS, insist, Writers } from './nodes-load.js';
import { ChannelListener, ListFollower } from './nodes-readers.js';
import { followByAll, TRANSPORTS_INI } from './nodes-transports.js';

/** `NODES_WRITERS=64 NODES_SECONDS=20 NODES_KILLS=6 NODES_CUT_SECONDS=30 npm test -- test/e2e/nodes` is the long form. */
const WRITERS = Number(process.env.NODES_WRITERS ?? 8);
const SECONDS = Number(process.env.NODES_SECONDS ?? 3);
/** How many of them are killed, one after another; half of those seconds apart. */
const KILLS = Number(process.env.NODES_KILLS ?? 1);
/** How long one of them is cut off from Redis; 30 in the long form. More than `nodes.timeout`. */
const CUT_SECONDS = Number(process.env.NODES_CUT_SECONDS ?? 8);

const PATIENCE = 120_000;

const describeHere = hasRedis || process.env.CI === 'true' ? describeWithPostgresql : describe.skip;

interface Webhook {
  readonly path: string;
  readonly body: string;
}

describeHere('Three servers on one database [needs postgresql] [needs redis]', () => {
  const webhooks: Webhook[] = [];
  const app = new ChannelApp(APP);
  let postgresql: PostgresqlServer;
  let redis: RedisServer;
  let receiver: Server;
  let database: string;
  let cluster: Cluster;
  let closing: { close(): void }[] = [];

  beforeAll(async () => {
    postgresql = await PostgresqlServer.start();
    redis = await RedisServer.start();
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        webhooks.push({ path: request.url ?? '', body });
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  }, PATIENCE);
  beforeEach(async () => {
    webhooks.length = 0;
    database = await postgresql.makeDatabase();
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    cluster = new Cluster(settingsOf({ database, redis: redis.url, hook }) + TRANSPORTS_INI);
    await Promise.all([cluster.start(), cluster.start(), cluster.start()]);
    await insist(cluster, 0, 'PUT', '/buckets/load');
    const collections = ['shared', ...Array.from({ length: 8 }, (_, index) => `own-${index}`)];
    for (const id of collections) await insist(cluster, 0, 'PUT', `/buckets/load/collections/${id}`);
  }, PATIENCE);
  afterEach(async () => {
    for (const one of closing) one.close();
    closing = [];
    await cluster.stop();
    await postgresql.dropDatabase(database);
  }, PATIENCE);
  afterAll(async () => {
    receiver.closeAllConnections();
    receiver.close();
    await redis.stop();
    await postgresql.stop();
  });

  const follow = async (collection: string, node: number) => {
    const follower = new ListFollower(cluster, collection, node);
    closing.push(follower);
    await follower.open();
    return follower;
  };
  const listen = async (node: () => NodeProcess, ...subscriptions: ((socketId: string) => object)[]) => {
    const listener = new ChannelListener(node, subscriptions);
    closing.push(listener);
    await listener.open();
    return listener;
  };
  const channels = ['load-shared-record', 'load-own-0-record', 'load-own-1-record'];
  const subscriptions = channels.map((channel) => () => ({ channel, auth: '' }));

  /** What the log holds: the numbers of each list of records, in its order. */
  const committed = async () => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    const { rows } = await client.query<{ parent_id: string; n: string }>(
      `SELECT parent_id, n FROM changes WHERE resource_name = 'record' ORDER BY id`,
    );
    await client.end();
    const lists = new Map<string, number[]>();
    for (const { parent_id: list, n } of rows) lists.set(list, [...(lists.get(list) ?? []), Number(n)]);
    return lists;
  };
  const listOf = (collection: string) => `/buckets/load/collections/${collection}`;
  /** The numbers of each list in the order in which the webhook was told of each first. */
  const toldToWebhook = () => {
    const lists = new Map<string, Set<number>>();
    for (const { path, body } of webhooks) {
      if (path !== '/changes') continue;
      const { data } = JSON.parse(body) as { data: { uri: string; position: string } };
      const list = data.uri.replace(/\/records\/[^/]*$/, '');
      lists.set(list, (lists.get(list) ?? new Set()).add(Number(data.position.split('.')[1])));
    }
    return new Map([...lists].map(([list, numbers]) => [list, [...numbers]]));
  };
  const sum = (lists: ReadonlyMap<string, readonly number[]>) => [...lists.values()].flat().length;
  const isRun = (numbers: readonly number[]) =>
    numbers.every((n, index) => index === 0 || n === numbers[index - 1]! + 1);

  /** What was answered is there, as it was answered. */
  const ensureKept = async (writers: Writers) => {
    expect(writers.answered.size).toBeGreaterThan(0);
    for (const [path, turn] of writers.answered) {
      const response = await fetch(`${cluster.pick(0).url}/v1${path}`, { headers: HEADERS });
      const { data } = (await response.json()) as { data?: { turn?: number } };
      expect({ path, turn: data?.turn }).toEqual({ path, turn });
    }
  };

  it(
    'tell everybody every change once, in the order of its list, whichever of them is written to',
    async () => {
      const followers = await Promise.all(
        [0, 1, 2].flatMap((node) => ['shared', 'own-0', 'own-1'].map((collection) => follow(collection, node))),
      );
      const listeners = await Promise.all(cluster.nodes.map((node) => listen(() => node, ...subscriptions)));
      const others = (await Promise.all(cluster.nodes.map(followByAll))).flat();
      closing.push(...others);
      const writers = new Writers(cluster, WRITERS);
      writers.start();
      await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
      await until(() => writers.turns >= 4 * WRITERS, 'each list has some changes', PATIENCE);
      await writers.stop();
      await ensureKept(writers);
      const lists = await committed();
      const expected = ['shared', 'own-0', 'own-1'].map((collection) => lists.get(listOf(collection)) ?? []);
      for (const numbers of expected) expect(numbers.length).toBeGreaterThan(1);
      await until(() => sum(toldToWebhook()) === sum(lists), 'the webhook has been told everything', PATIENCE);
      for (const [index, follower] of followers.entries()) {
        await until(() => follower.numbers.length >= expected[index % 3]!.length, 'the follower has all', PATIENCE);
        expect(follower.numbers).toEqual(expected[index % 3]);
      }
      for (const listener of listeners) {
        for (const [index, channel] of channels.entries()) {
          const runs = () => listener.heard.get(channel) ?? [];
          await until(() => runs().flat().length >= expected[index]!.length, 'the listener has all', PATIENCE);
          expect(runs()).toEqual([expected[index]]);
        }
      }
      for (const { name, numbers } of others) {
        await until(() => numbers.length >= expected[0]!.length, `${name} has all`, PATIENCE);
        expect({ name, numbers }).toEqual({ name, numbers: expected[0] });
      }
      expect(toldToWebhook()).toEqual(lists);
      // Told by one of them: nobody was told twice.
      expect(webhooks.filter(({ path }) => path === '/changes').length).toBe(sum(lists));
    },
    PATIENCE * 2,
  );

  const asMember = (id: string) => (socketId: string) => {
    const channel_data = JSON.stringify({ user_id: id });
    return {
      channel: 'presence-room',
      channel_data,
      auth: `${APP.key}:${app.sign(`${socketId}:presence-room:${channel_data}`)}`,
    };
  };
  const ask = async (node: NodeProcess, method: string, path: string, body?: string) => {
    const all = new Map([
      ['auth_key', APP.key],
      ['auth_timestamp', String(Math.floor(Date.now() / 1000))],
      ['auth_version', '1.0'],
    ]);
    all.set('auth_signature', app.sign(stringToSign(method, path, all)));
    const query = [...all].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    return (await fetch(`${node.url}${path}?${query}`, { method, ...(body === undefined ? {} : { body }) })).json();
  };
  const membersOn = async (node: NodeProcess) => {
    const { users } = (await ask(node, 'GET', '/apps/77/channels/presence-room/users')) as { users: { id: string }[] };
    return users
      .map(({ id }) => id)
      .sort()
      .join();
  };

  it(
    'have one set of members and channels, also when one of them is killed',
    async () => {
      const [one, two, three] = cluster.nodes as [NodeProcess, NodeProcess, NodeProcess];
      const ann = await listen(() => one, asMember('ann'));
      await listen(() => two, asMember('bob'));
      const cid = new ChannelListener(() => three, [asMember('cid'), () => ({ channel: 'lonely', auth: '' })]);
      await cid.open();
      for (const node of cluster.nodes) {
        await until(async () => (await membersOn(node)) === 'ann,bob,cid', 'all agree', PATIENCE);
      }
      cid.close();
      await until(async () => (await membersOn(one)) === 'ann,bob', 'who has gone is gone', PATIENCE);
      const dan = new ChannelListener(() => three, [asMember('dan')]);
      await dan.open();
      await until(async () => (await membersOn(two)) === 'ann,bob,dan', 'who has come is there', PATIENCE);
      await three.end('SIGKILL');
      dan.close();
      for (const node of [one, two]) {
        await until(async () => (await membersOn(node)) === 'ann,bob', 'the dead are forgotten', PATIENCE);
      }
      const names = ann.events.filter(({ event }) => event.startsWith('pusher_internal:member_'));
      expect(
        names.map(({ event, data }) => `${event.slice(16)} ${(JSON.parse(data) as { user_id: string }).user_id}`),
      ).toEqual([
        'member_added bob',
        'member_added cid',
        'member_removed cid',
        'member_added dan',
        'member_removed dan',
      ]);
      const told = () =>
        webhooks
          .filter(({ path }) => path === '/channels')
          .flatMap(({ body }) => (JSON.parse(body) as { events: { name: string; channel: string }[] }).events)
          .filter(({ channel }) => channel === 'lonely')
          .map(({ name }) => name);
      await until(() => told().length >= 2, 'the webhook has heard of it', PATIENCE);
      expect(told()).toEqual(['channel_occupied', 'channel_vacated']);
    },
    PATIENCE * 2,
  );

  it(
    'lose nothing and make nothing up while Redis, PostgreSQL and each of them fail',
    async () => {
      const followers = await Promise.all([0, 1, 2].map((node) => follow('shared', node)));
      const listeners = await Promise.all([0, 1, 2].map((node) => listen(() => cluster.pick(node), ...subscriptions)));
      const writers = new Writers(cluster, WRITERS);
      writers.start();
      const aWhile = () => new Promise((resolve) => setTimeout(resolve, SECONDS * 500));
      await aWhile();
      await redis.kill();
      await aWhile();
      await redis.startAgain();
      await aWhile();
      for (let kill = 0; kill < KILLS; kill += 1) {
        await cluster.replace(cluster.nodes[kill % 3]!, 'SIGKILL');
        await aWhile();
      }
      for (const node of [...cluster.nodes]) {
        await cluster.replace(node, 'SIGTERM');
        await aWhile();
      }
      await postgresql.restart();
      await aWhile();
      await writers.stop();
      await ensureKept(writers);
      const lists = await committed();
      const shared = lists.get(listOf('shared')) ?? [];
      await until(() => sum(toldToWebhook()) >= sum(lists), 'the webhook has been told everything', PATIENCE);
      expect(toldToWebhook()).toEqual(lists);
      for (const follower of followers) {
        await until(() => follower.numbers.length >= shared.length, 'the follower has all', PATIENCE);
        expect({ resets: follower.resets, numbers: follower.numbers }).toEqual({ resets: 0, numbers: shared });
      }
      for (const listener of listeners) {
        for (const [channel, runs] of listener.heard) {
          const list = lists.get(listOf(channel.split('-').slice(1, -1).join('-'))) ?? [];
          for (const run of runs) {
            expect(isRun(run)).toBe(true);
            expect(run.every((n) => list.includes(n))).toBe(true);
          }
        }
        // It has come back as often as it was cut off: to where it is, and hears what is new.
        expect(listener.heard.get('load-shared-record')!.flat().length).toBeGreaterThan(0);
      }
    },
    PATIENCE * (4 + KILLS),
  );

  it(
    'are equal again after one of them was cut off from Redis, and Redis was emptied',
    async () => {
      const road = await FailingRoad.to(redis.port);
      closing.push({ close: () => void road.close() });
      const own = `redis://127.0.0.1:${road.port}`;
      const lonely = await cluster.start({ KINTO_BUS_URL: own, KINTO_CACHE_URL: own });
      const [one, two] = cluster.nodes as [NodeProcess, NodeProcess];
      const followers = await Promise.all([0, 3].map((node) => follow('shared', node)));
      await listen(() => one, asMember('ann'));
      await listen(() => lonely, asMember('bob'));
      for (const node of [one, two, lonely]) {
        await until(async () => (await membersOn(node)) === 'ann,bob', 'all agree', PATIENCE);
      }
      const writers = new Writers(cluster, WRITERS);
      writers.start();
      road.become('hang');
      await new Promise((resolve) => setTimeout(resolve, CUT_SECONDS * 1000));
      await until(async () => (await membersOn(two)) === 'ann', 'who is cut off counts as gone', PATIENCE);
      const client = await redis.connect();
      await client.flushAll();
      // Meanwhile it has served: what it tells it reads from the database.
      const before = followers[1]!.numbers.length;
      await until(() => followers[1]!.numbers.length > before, 'its followers hear of what is new', PATIENCE);
      road.become('open');
      for (const node of [one, two, lonely]) {
        await until(async () => (await membersOn(node)) === 'ann,bob', 'all agree again', PATIENCE);
      }
      await writers.stop();
      await ensureKept(writers);
      const shared = (await committed()).get(listOf('shared')) ?? [];
      for (const follower of followers) {
        await until(() => follower.numbers.length >= shared.length, 'the follower has all', PATIENCE);
        expect({ resets: follower.resets, numbers: follower.numbers }).toEqual({ resets: 0, numbers: shared });
      }
    },
    PATIENCE * 2,
  );
});
