import Pusher from 'pusher';
import { Commands, type RunningCommand } from '../support/command.js';
import { ApiClient } from './api-client.js';
import { Subscriber } from './subscriber.js';

/* Whole servers, as the tutorial starts them, and an unmodified pusher-js. */

const NEAR = { id: '101', key: 'near-key', secret: 'near-secret' };
const FAR = { id: '202', key: 'far-key', secret: 'far-secret' };
const RECORDS = '/buckets/default/collections/tasks/records';

const commands = new Commands();
const subscribers: Subscriber[] = [];

afterEach(() => {
  for (const subscriber of subscribers.splice(0)) subscriber.close();
});
afterAll(() => commands.clear());

function iniOf({ id, key, secret }: typeof NEAR, lines: string): string {
  return `[app:main]
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
channels.app_id = ${id}
channels.key = ${key}
channels.secret = ${secret}
${lines}
`;
}

function publisherLines(port: string): string {
  return `pusher.app_id = ${FAR.id}
pusher.key = ${FAR.key}
pusher.secret = ${FAR.secret}
pusher.host = 127.0.0.1
pusher.port = ${port}
kinto.event_listeners.pusher.use = kinto_pusher.listener
kinto.event_listeners.pusher.resources = record
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record`;
}

let servers = 0;

async function start(ini: string, port = '0'): Promise<{ command: RunningCommand; url: string; api: ApiClient }> {
  const file = commands.write(`${servers++}.ini`, ini);
  const command = commands.start('start', '--ini', file, '--port', port);
  const url = await command.url();
  return { command, url, api: new ApiClient(url) };
}

async function stop(command: RunningCommand): Promise<void> {
  command.kill('SIGTERM');
  expect(await command.ended).toMatchObject({ code: 0 });
}

/** A client that loses its server tries again for long; so it is let go first. */
async function stopAll(...running: RunningCommand[]): Promise<void> {
  for (const subscriber of subscribers.splice(0)) subscriber.close();
  for (const command of running) await stop(command);
}

/** Something that the server tells after all that it was to tell before. */
async function mark(url: string, { id: appId, key, secret }: typeof NEAR, channel: string): Promise<void> {
  const { hostname: host, port } = new URL(url);
  await new Pusher({ appId, key, secret, host, port, useTLS: false }).trigger(channel, 'mark', {});
}

async function subscribe(url: string, { key }: typeof NEAR, channels: string[]): Promise<Subscriber> {
  const subscriber = await Subscriber.open(url, key, channels);
  subscribers.push(subscriber);
  return subscriber;
}

describe('The tutorial', () => {
  it('tells pusher-js of a record that is created, updated and deleted, and of nothing else', async () => {
    const live = `kinto.storage_backend = memory
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record
kinto.event_listeners.live.channel = {bucket_id}-{collection_id}-{resource_name}`;
    const { command, url, api } = await start(iniOf(NEAR, live));
    const channel = `${await api.bucket()}-tasks-record`;
    const subscriber = await subscribe(url, NEAR, [channel]);

    const created = await api.ask('POST', RECORDS, { name: 'bob' });
    expect(created.status).toBe(201);
    const bob = created.body.data!;
    for (let index = 0; index < 5; index++) {
      await api.ask('POST', '/buckets/default/collections/others/records', { index });
    }
    const robert = (await api.ask('PATCH', `${RECORDS}/${String(bob.id)}`, { name: 'robert' })).body.data!;
    const gone = (await api.ask('DELETE', `${RECORDS}/${String(bob.id)}`)).body.data!;

    await subscriber.until(channel, 3);
    expect(subscriber.heard).toEqual([
      { channel, event: 'create', data: [{ new: bob }] },
      { channel, event: 'update', data: [{ new: robert, old: bob }] },
      { channel, event: 'delete', data: [{ new: gone, old: robert }] },
    ]);
    expect(gone).toEqual({ id: bob.id, last_modified: expect.any(Number) as number, deleted: true });
    await stopAll(command);
  });

  it('shows the key in hello, so that a client needs nothing but the URL', async () => {
    const { command, url, api } = await start(iniOf(NEAR, 'kinto.storage_backend = memory'));
    const { body } = await api.ask('GET', '/');
    expect(body.capabilities!.pusher!.key).toBe(NEAR.key);
    await subscribe(url, { ...NEAR, key: body.capabilities!.pusher!.key }, ['anything']);
    await stopAll(command);
  });
});

describe('Who is told', () => {
  it('is what kinto.event_listeners says, and nothing else changes', async () => {
    const far = await start(iniOf(FAR, 'kinto.storage_backend = memory'));
    const port = new URL(far.url).port;
    const database = `kinto.storage_url = ${commands.directory}/switched.sqlite`;
    const rounds = [
      { names: 'pusher', near: 0, far: 1 },
      { names: 'live', near: 1, far: 0 },
      { names: 'pusher live', near: 1, far: 1 },
      { names: '', near: 0, far: 0 },
      { names: 'pusher', near: 0, far: 1 },
    ];
    for (const [index, round] of rounds.entries()) {
      const lines = [database, publisherLines(port), `kinto.event_listeners = ${round.names}`].join('\n');
      const near = await start(iniOf(NEAR, lines));
      const channel = `${await near.api.bucket()}-tasks-record`;
      const nearSubscriber = await subscribe(near.url, NEAR, [channel]);
      const farSubscriber = await subscribe(far.url, FAR, [channel]);

      const answer = await near.api.ask('PUT', `${RECORDS}/r${index}`, { index });
      expect(answer.status).toBe(201);
      // Who is told has been told; only then comes the mark, and with it whatever somebody was told in error.
      await nearSubscriber.until(channel, round.near);
      await farSubscriber.until(channel, round.far);
      await mark(near.url, NEAR, channel);
      await mark(far.url, FAR, channel);
      await nearSubscriber.until(channel, round.near + 1);
      await farSubscriber.until(channel, round.far + 1);
      const told = [{ event: 'create', data: [{ new: answer.body.data }] }];
      const marked = { event: 'mark', data: {} };
      expect(nearSubscriber.in(channel)).toEqual([...told.slice(0, round.near), marked]);
      expect(farSubscriber.in(channel)).toEqual([...told.slice(0, round.far), marked]);
      await stopAll(near.command);
    }
    await stopAll(far.command);
  });
});

describe('A kumocast that publishes into another one', () => {
  it('answers writes while the other is down, says so once per back-off, and tells everything when it is back', async () => {
    const lines = [publisherLines('PORT'), 'kinto.event_listeners = pusher'].join('\n');
    const first = await start(iniOf(FAR, 'kinto.storage_backend = memory'));
    const { port } = new URL(first.url);
    const database = `kinto.storage_url = ${commands.directory}/outage.sqlite`;
    const near = await start(iniOf(NEAR, `${database}\n${lines.replace('PORT', port)}`));
    const channel = `${await near.api.bucket()}-tasks-record`;
    const before = await subscribe(first.url, FAR, [channel]);
    await near.api.ask('PUT', `${RECORDS}/seen`, {});
    await before.until(channel, 1);
    await stopAll(first.command);

    const answers = [];
    for (let index = 0; index < 20; index++) answers.push(await near.api.ask('PUT', `${RECORDS}/r${index}`, { index }));
    expect(answers.map(({ status }) => status)).toEqual(new Array(20).fill(201));

    const second = await start(iniOf(FAR, 'kinto.storage_backend = memory'), port);
    const after = await subscribe(second.url, FAR, [channel]);
    await after.until(channel, 20);
    expect(after.in(channel)).toEqual(answers.map(({ body }) => ({ event: 'create', data: [{ new: body.data }] })));
    await stopAll();
    near.command.kill('SIGTERM');
    const { stdout, stderr } = await near.command.ended;
    const failures = (stdout + stderr).split('\n').filter((line) => line.includes('Listener pusher failed'));
    expect(failures.length).toBeGreaterThanOrEqual(1);
    // Twenty writes failed to be told at the same time; there is one line for each wait, not for each write.
    expect(failures.length).toBeLessThan(10);
    expect(failures.join()).not.toContain(FAR.secret);
    await stopAll(second.command);
  });

  it('can be published into by any Pusher library', async () => {
    const { command, url } = await start(iniOf(NEAR, 'kinto.storage_backend = memory'));
    const subscriber = await subscribe(url, NEAR, ['news']);
    const { hostname, port } = new URL(url);
    const publisher = new Pusher({
      appId: NEAR.id,
      key: NEAR.key,
      secret: NEAR.secret,
      host: hostname,
      port,
      useTLS: false,
    });
    await publisher.trigger('news', 'headline', { text: 'hello' });
    await subscriber.until('news', 1);
    expect(subscriber.in('news')).toEqual([{ event: 'headline', data: { text: 'hello' } }]);
    await stopAll(command);
  });
});
