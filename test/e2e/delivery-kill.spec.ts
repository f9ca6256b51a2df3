import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createClient } from 'redis';
import { Commands } from '../support/command.js';
import { FakePusherHost } from '../support/fake-pusher-host.js';
import { found } from '../support/found.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { ApiClient } from './api-client.js';
import { ensureLogEqualsTables } from './log-equals-tables.js';

/** `KILL_ROUNDS=200 npm test -- test/e2e/delivery-kill` is the long form. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 10);
const WRITERS = 8;
const COLLECTIONS = ['a', 'b', 'c'];

/** How long a round writes before the kill, in ms; the moment is drawn anew each time. */
const LONGEST_ROUND = 500;

const APP = { id: '77', key: 'kill-key', secret: 'kill-secret' };

/** The change object of seed-systems.md, 1.2, as far as it is looked at here. */
interface ToldChange {
  readonly uri: string;
  readonly position: string;
}

/** What one target was told of each list, in the order it arrived. */
type Told = readonly ToldChange[];

/** Writes and deletes until the server is gone. */
async function write(api: ApiClient, writer: string): Promise<void> {
  for (let turn = 0; ; turn++) {
    const path = `/buckets/default/collections/${COLLECTIONS[turn % 3]!}/records/${writer}-${turn >> 2}`;
    const isDelete = turn % 8 === 7;
    try {
      const { status } = await api.ask(isDelete ? 'DELETE' : 'PUT', path, isDelete ? undefined : { turn });
      if (![200, 201, 404].includes(status)) throw new RangeError(`answered ${status}`);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return;
    }
  }
}

/** What is in the log: the numbers of each list of records. */
function committed(file: string): Map<string, number[]> {
  const database = new Database(file, { readonly: true });
  const rows = database
    .prepare(`SELECT parent_id, n FROM changes WHERE resource_name = 'record' ORDER BY id`)
    .all() as { parent_id: string; n: number }[];
  database.close();
  const lists = new Map<string, number[]>();
  for (const { parent_id, n } of rows) lists.set(parent_id, [...(lists.get(parent_id) ?? []), n]);
  return lists;
}

/** The numbers of each list in the order in which each was told first. */
function firstTold(told: Told): Map<string, number[]> {
  const lists = new Map<string, Set<number>>();
  for (const { uri, position } of told) {
    const list = uri.replace(/\/records\/[^/]*$/, '');
    if (!lists.has(list)) lists.set(list, new Set());
    lists.get(list)!.add(Number(position.split('.')[1]));
  }
  return new Map([...lists].map(([list, numbers]) => [list, [...numbers]]));
}

describeWithRedis('kill -9 with three targets attached [needs redis]', () => {
  const commands = new Commands();
  const bodies: string[] = [];
  let receiver: Server;
  let pusher: FakePusherHost;
  let redis: RedisServer;
  beforeAll(async () => {
    pusher = await FakePusherHost.open(APP);
    redis = await RedisServer.start();
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await commands.clear();
    await pusher.close();
    receiver.closeAllConnections();
    receiver.close();
    await redis.stop();
  });

  it(
    `tells each of them every committed change in order, and nothing else, in ${ROUNDS} rounds`,
    async () => {
      const file = join(commands.directory, 'told.sqlite');
      const each = ['hook', 'list', 'push']
        .map(
          (name) => `kinto.event_listeners.${name}.payload = change\nkinto.event_listeners.${name}.resources = record`,
        )
        .join('\n');
      const ini = commands.write(
        'told.ini',
        `[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
kinto.storage_url = ${file}
kinto.event_listeners = hook list push
${each}
kinto.event_listeners.hook.use = webhook
kinto.event_listeners.hook.url = http://127.0.0.1:${(receiver.address() as AddressInfo).port}/
kinto.event_listeners.hook.secret = a-secret-of-some-length
kinto.event_listeners.hook.allow_private_addresses = true
kinto.event_listeners.list.use = redis
kinto.event_listeners.list.url = ${redis.url}
kinto.event_listeners.list.listname = told
kinto.event_listeners.push.use = pusher
kinto.event_listeners.push.app_id = ${APP.id}
kinto.event_listeners.push.key = ${APP.key}
kinto.event_listeners.push.secret = ${APP.secret}
kinto.event_listeners.push.host = 127.0.0.1
kinto.event_listeners.push.port = ${pusher.port}
`,
      );
      for (let round = 0; round < ROUNDS; round++) {
        const command = commands.start('start', '--ini', ini, '--port', '0');
        const api = new ApiClient(await command.url());
        const writers = Array.from({ length: WRITERS }, (_, index) => write(api, `r${round}w${index}`));
        await new Promise((resolve) => setTimeout(resolve, randomInt(20, LONGEST_ROUND)));
        command.kill('SIGKILL');
        await Promise.all(writers);
        await command.ended;
      }
      const last = commands.start('start', '--ini', ini, '--port', '0');
      await last.url();
      await found(() => Promise.resolve(isEverythingTold(file) || undefined), 'all are told everything', 120);
      last.kill('SIGTERM');
      await last.ended;

      expect(ensureLogEqualsTables(file)).toBeGreaterThan(ROUNDS);
      const lists = committed(file);
      const targets: Record<string, Told> = {
        webhook: bodies.map((body) => (JSON.parse(body) as { data: ToldChange }).data),
        pusher: pusher.events.map(({ data }) => JSON.parse(data) as ToldChange),
        redis: await toldByList(redis.url),
      };
      for (const [target, told] of Object.entries(targets)) {
        expect({ target, lists: firstTold(told) }).toEqual({ target, lists });
      }
    },
    60_000 + ROUNDS * 15_000,
  );
});

function isEverythingTold(file: string): boolean {
  const database = new Database(file, { readonly: true });
  const behind = database
    .prepare('SELECT count(*) AS behind FROM cursors WHERE change_id < (SELECT max(id) FROM changes)')
    .get() as { behind: number };
  database.close();
  return behind.behind === 0;
}

/** Kinto's list grows at its head. */
async function toldByList(url: string): Promise<Told> {
  const client = createClient({ url });
  await client.connect();
  const items = await client.lRange('told', 0, -1);
  client.destroy();
  return items.reverse().map((item) => changeIn(JSON.parse(item) as Record<string, unknown>));
}

function changeIn(message: Record<string, unknown>): ToldChange {
  return ('uri' in message && 'position' in message ? message : message.data) as ToldChange;
}
