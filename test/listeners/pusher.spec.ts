import { inspect } from 'node:util';
import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds, UndeliverableChange, type ChangeListener } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { pusherListener } from '../../src/listeners/pusher/pusher.listener.js';
import { SettingSource } from '../../src/settings/settings.js';
import { listenerContract } from '../contracts/listener.contract.js';
import { APP, startServer } from '../realtime/support/channels-server.js';
import { eventually } from '../realtime/support/eventually.js';
import { happening, pusherJs } from '../realtime/support/pusher-clients.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { FakePusherHost, type Answer } from '../support/fake-pusher-host.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const PATIENCE = { firstWait: 1, longestWait: 4, closeGrace: 100 };

function iniFor(port: number, ...more: string[]): string[] {
  return [
    `pusher.app_id = ${APP.id}`,
    `pusher.key = ${APP.key}`,
    `pusher.secret = ${APP.secret}`,
    'pusher.host = 127.0.0.1',
    `pusher.port = ${port}`,
    ...more,
  ];
}

function registeredListener(lines: readonly string[]) {
  const text = ['[app:main]', 'kinto.event_listeners = pusher', ...lines].join('\n');
  const kinds = new ListenerKinds();
  kinds.add('pusher', pusherListener);
  return makeConfiguredListeners(SettingSource.fromText(text, { file: 'kinto.ini' }), kinds)[0]!;
}

listenerContract('pusher', async () => {
  const host = await FakePusherHost.open(APP);
  return {
    definition: pusherListener,
    ini: iniFor(host.port),
    arrived: async () => host.events.map(({ name, channels, data }) => ({ event: name, channel: channels[0]!, data })),
    close: () => host.close(),
  };
});

describe('The pusher listener', () => {
  let host: FakePusherHost;
  let listener: ChangeListener;
  const listen = (...more: string[]) => (listener = registeredListener(iniFor(host.port, ...more)).listener);
  const failureAfter = async (answer: Answer): Promise<unknown> => {
    host.answers.push(answer);
    return (async () => listener.afterCommit(committedChange()))().then(
      () => undefined,
      (error: unknown) => error,
    );
  };

  beforeEach(async () => {
    host = await FakePusherHost.open(APP);
    listen();
  });
  afterEach(async () => {
    await listener.close?.();
    await host.close();
  });

  it('signs what it sends, and sends the payload as the text it is', async () => {
    await listener.afterCommit(
      committedChange({ action: 'update', impacted: [impacted('r1', '{"a":1}', '{"b":"é"}')] }),
    );
    const data = '[{"new":{"a":1},"old":{"b":"é"}}]';
    expect(host.events).toEqual([{ name: 'update', channels: ['home-tasks-record'], data }]);
  });

  it('keeps one connection for all its events, until it is closed', async () => {
    for (let times = 0; times < 5; times++) await listener.afterCommit(committedChange());
    expect([host.events.length, host.connections]).toEqual([5, 1]);
    await listener.close?.();
    await listener.close?.();
    let open = 1;
    await eventually(() => {
      void host.openConnections().then((count) => (open = count));
      return open === 0;
    }, 'the connection is closed');
  });

  it.each<[string, Answer, string, boolean]>([
    ['an error of the server', { status: 500, body: '<h1>\nOops</h1>\n' }, 'answered 500: <h1> Oops</h1>', false],
    ['a wrong path', { status: 404, body: 'Unknown app\n' }, 'answered 404: Unknown app', false],
    ['a quota', { status: 403, body: 'Over quota' }, 'answered 403: Over quota', false],
    ['an unknown key', { status: 400, body: 'Unknown auth_key' }, 'answered 400: Unknown auth_key', false],
    ['a bad request', { status: 400, body: 'Bad name' }, 'answered 400: Bad name', true],
    ['a payload too large', { status: 413, body: 'Too large' }, 'answered 413: Too large', true],
    ['a long answer', { status: 502, body: 'x'.repeat(9000) }, `answered 502: ${'x'.repeat(200)}`, false],
    ['a connection cut', 'cut', 'HOST could not be reached (ECONNRESET)', false],
    ['a redirect', { status: 302, body: '', headers: { location: '/elsewhere' } }, 'answered 404: Unknown app', false],
  ])('tells %s in a sentence, and whether trying again can help', async (_, answer, message, isForGood) => {
    const failure = await failureAfter(answer);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toBe(message.replace('HOST', `127.0.0.1:${host.port}`));
    expect(failure instanceof UndeliverableChange).toBe(isForGood);
    await listener.afterCommit(committedChange());
    expect(host.events).toHaveLength(1);
  });

  it('does not take the answer behind a redirect for a success', async () => {
    host.answers.push({ status: 301, body: '', headers: { location: '/moved' } }, { status: 200, body: '{}' });
    await expect(listener.afterCommit(committedChange())).rejects.toThrow('answered with a redirect');
  });

  it('does not wait for a server that hangs', async () => {
    listen('pusher.timeout = 30');
    expect(await failureAfter('hang')).toEqual(new Error(`127.0.0.1:${host.port} gave no answer within 30 ms`));
  });

  it('tells that nobody listens at that address', async () => {
    await host.close();
    await expect(listener.afterCommit(committedChange())).rejects.toThrow('could not be reached (ECONNREFUSED)');
  });

  it('gives up an event that the library itself refuses, without asking the server', async () => {
    const change = committedChange({ parentId: `/buckets/${'b'.repeat(200)}/collections/c` });
    await expect(listener.afterCommit(change)).rejects.toBeInstanceOf(UndeliverableChange);
    expect(host.urls).toEqual([]);
  });

  describe('with a channel for each object', () => {
    const change = committedChange({ impacted: ['r1', 'r2', 'r3'].map((id) => impacted(id)) });
    const channels = () => host.events.map((event) => event.channels[0]);
    beforeEach(() => listen('event_listeners.pusher.channel = {record_id}'));

    it('goes on where the last try stopped', async () => {
      host.answers.push({ status: 200, body: '{}' }, { status: 500, body: 'Oops' });
      await expect(listener.afterCommit(change)).rejects.toThrow('answered 500: Oops');
      await listener.afterCommit(change);
      expect(channels()).toEqual(['r2', 'r3']);
    });

    it('announces the others when one is refused', async () => {
      host.answers.push({ status: 413, body: 'Too large' });
      await expect(listener.afterCommit(change)).rejects.toBeInstanceOf(UndeliverableChange);
      expect(channels()).toEqual(['r2', 'r3']);
    });

    it('sends no more once the feed has given the try up', async () => {
      await expect(listener.afterCommit(change, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
      expect(channels()).toEqual(['r1']);
    });
  });
});

describe('The pusher listener behind the feed', () => {
  const temporary = new TemporaryStorage();
  afterAll(() => temporary.remove());

  it('announces to a real channels server, where pusher-js hears it', async () => {
    const server = await startServer();
    const client = pusherJs(server);
    const channel = client.subscribe('home-tasks-record');
    await happening(channel, 'pusher:subscription_succeeded');
    const storage = await temporary.open();
    const feed = new ChangeFeed(storage, new RecordingLog());
    await feed.open([registeredListener(iniFor(server.port))]);
    try {
      const created = happening(channel, 'create');
      await new ChangeWriter(storage).create(TASKS, 'r1', { title: 'Grüße' });
      const object = { id: 'r1', last_modified: expect.any(Number) as number, title: 'Grüße' };
      expect(await created).toEqual([{ new: object }]);
    } finally {
      client.disconnect();
      await feed.close();
      await server.close();
    }
  });

  it('tries again until the server has recovered, and shows neither the secret nor a signature', async () => {
    const host = await FakePusherHost.open(APP);
    const storage = await temporary.open();
    const log = new RecordingLog();
    const feed = new ChangeFeed(storage, log, PATIENCE);
    const registered = registeredListener(iniFor(host.port, 'pusher.batch = 1'));
    const signature = 'A'.repeat(64);
    try {
      await feed.open([registered]);
      host.answers.push({ status: 500, body: `${APP.secret} ${signature}` }, 'cut', { status: 503, body: 'Busy' });
      const writer = new ChangeWriter(storage);
      await writer.createAll(TASKS, ['r1', 'r2']);
      await feed.settled();

      expect(host.events.map(({ data }) => /r\d/.exec(data)?.[0])).toEqual(['r1', 'r2']);
      expect(log.lines.map((line) => line.replace(/in \d+ ms/, 'in N ms'))).toEqual([
        'warn: Listener pusher failed, next try in N ms: answered 500: *** ***',
        `warn: Listener pusher failed, next try in N ms: 127.0.0.1:${host.port} could not be reached (ECONNRESET)`,
        'warn: Listener pusher failed, next try in N ms: answered 503: Busy',
      ]);
      const shown = [...log.lines, inspect(registered, { depth: 20, showHidden: true })].join('\n');
      for (const hidden of [APP.secret, signature, ...host.signatures]) expect(shown).not.toContain(hidden);
    } finally {
      await feed.close();
      await host.close();
    }
  });

  it('shows no signature of a request that was refused because the secret is wrong', async () => {
    const host = await FakePusherHost.open({ ...APP, secret: 'another' });
    const { listener } = registeredListener(iniFor(host.port));
    const failure = await (async () => listener.afterCommit(committedChange()))().catch((error: unknown) => error);
    const shown = inspect(failure, { depth: 20, showHidden: true });
    expect(shown).toContain('answered 401: Invalid signature');
    expect(host.signatures).toHaveLength(1);
    for (const hidden of [APP.secret, ...host.signatures]) expect(shown).not.toContain(hidden);
    await listener.close?.();
    await host.close();
  });
});
