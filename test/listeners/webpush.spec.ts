import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds, UndeliverableChange } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import type { RegisteredListener } from '../../src/changes/registered-listener.js';
import type { ListenerObjects } from '../../src/listeners/webpush/stored-subscriptions.js';
import { makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import { webPushListener } from '../../src/listeners/webpush/webpush.listener.js';
import { SettingSource } from '../../src/settings/settings.js';
import { eventually } from '../realtime/support/eventually.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { FakePushService, type PushAnswer } from '../support/fake-push-service.js';
import type { PushSubscriber } from '../support/push-subscriber.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const VAPID = makeVapidKeys();
const SUBJECT = 'mailto:admin@example.org';

const NOTHING_STORED: ListenerObjects = {
  list: () => Promise.resolve({ objects: [], timestamp: undefined }),
  delete: () => Promise.resolve(false),
};

describe('The webpush listener', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kumocast-webpush-'));
  const temporary = new TemporaryStorage();
  const realNow = Date.now;
  let service: FakePushService;
  let elsewhere: FakePushService;
  let log: RecordingLog;
  let registered: RegisteredListener | undefined;

  beforeEach(async () => {
    service = await FakePushService.open(VAPID.publicKey, SUBJECT);
    elsewhere = await FakePushService.open(VAPID.publicKey, SUBJECT);
    log = new RecordingLog();
    registered = undefined;
  });
  afterEach(async () => {
    Date.now = realNow;
    await registered?.close(log);
    await service.close();
    await elsewhere.close();
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await temporary.remove();
  });

  /** As if so many seconds had passed. */
  const skipSeconds = (seconds: number) => {
    const now = Date.now;
    Date.now = () => now() + seconds * 1000;
  };
  const make = (content: unknown, ...more: string[]): RegisteredListener => {
    const file = join(directory, 'subscriptions.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const lines = [
      '[app:main]',
      'kinto.event_listeners = push',
      'kinto.event_listeners.push.use = webpush',
      `kinto.event_listeners.push.subscriptions = ${file}`,
      `kinto.webpush.vapid_public_key = ${VAPID.publicKey}`,
      `kinto.webpush.vapid_private_key = ${VAPID.privateKey}`,
      `kinto.webpush.subject = ${SUBJECT}`,
      'kinto.webpush.allow_private_addresses = true',
    ];
    const own = more.map((line) => `kinto.event_listeners.push.${line}`);
    const keyOf = (line: string) => line.split(' =', 1)[0]!.replace(/^.*\./, '');
    const kept = lines.filter((line) => !own.some((each) => keyOf(each) === keyOf(line) && keyOf(line) !== 'use'));
    const kinds = new ListenerKinds();
    kinds.add('webpush', webPushListener(NOTHING_STORED, log));
    const source = SettingSource.fromText([...kept, ...own].join('\n'), { file: 'kinto.ini' });
    return makeConfiguredListeners(source, kinds)[0]!;
  };
  const listen = (content: unknown, ...more: string[]) => (registered = make(content, ...more));
  const tell = (change = committedChange(), cutOff?: AbortSignal) =>
    Promise.resolve(registered!.listener.afterCommit(change, cutOff));
  const another = (id: string) => committedChange({ id: `request:e.${id}.0000` });

  it('sends each subscription a message that only it can read, signed with the VAPID key', async () => {
    const [mine, yours] = [service.subscribe('mine'), service.subscribe('yours')];
    listen([mine, yours], 'ttl = 90', 'urgency = high');
    await tell();
    expect(service.requests.sort()).toEqual(['mine 201', 'yours 201']);
    expect(service.textsOf(mine)).toEqual([
      {
        ...{ v: 1, uri: '/buckets/home/collections/tasks', resource: 'record', timestamp: 1_763_700_000_000 },
        ...{ position: 'e.1.0000', counts: { create: 1, update: 0, delete: 0 }, ids: ['r1'] },
      },
    ]);
    expect(service.messages[0]!.headers).toMatchObject({
      ...{ ttl: '90', urgency: 'high', topic: expect.stringMatching(/^[\w-]{32}$/) as string },
    });
    expect(service.messages[0]!.text).toBe(service.messages[1]!.text);
    expect(log.lines).toEqual([]);
  });

  it('fills a push message to its last byte, and leaves the object out when it is one byte too large', async () => {
    const subscriber = service.subscribe('mine');
    listen([subscriber], 'include_data = true');
    await tell(committedChange({ impacted: [impacted('r1', '{"x":""}')] }));
    const room = 3993 - Buffer.byteLength(service.messages[0]!.text);
    for (const length of [room, room + 1]) {
      await tell(committedChange({ impacted: [impacted('r1', `{"x":"${'x'.repeat(length)}"}`)] }));
    }
    expect(service.messages.map(({ bytes, text }) => [bytes === 4096, text.includes('"data"')])).toEqual([
      [false, true],
      [true, true],
      [false, false],
    ]);
  });

  it('sends the message again without the object where that is too large', async () => {
    const subscriber = service.subscribe('mine');
    listen([subscriber], 'include_data = true');
    service.answer('mine', { status: 413 });
    await tell();
    expect(service.requests).toEqual(['mine 413', 'mine 201']);
    expect(service.textsOf(subscriber)[0]).not.toHaveProperty('data');
  });

  it('tells a subscription with collections of those alone', async () => {
    const [all, some] = [service.subscribe('all'), service.subscribe('some')];
    listen([all, { ...some.toJSON(), collections: ['note*'] }]);
    await tell();
    await tell(committedChange({ parentId: '/buckets/home/collections/notes' }));
    await tell(
      committedChange({
        ...{ parentId: '/buckets/home', resourceName: 'collection' },
        impacted: [impacted('tasks'), impacted('notes')],
      }),
    );
    expect(service.textsOf(all)).toHaveLength(3);
    expect(service.textsOf(some)).toMatchObject([
      { resource: 'record', uri: '/buckets/home/collections/notes' },
      { resource: 'collection', uri: '/buckets/home', ids: ['notes'] },
    ]);
  });

  it.each([404, 410])('tells a subscription no more that its service answers %d for', async (status) => {
    listen([service.subscribe('gone'), service.subscribe('there')]);
    service.answer('gone', { status });
    await tell();
    await tell(another('2'));
    expect(service.requests.sort()).toEqual([`gone ${status}`, 'there 201', 'there 201']);
    expect(log.lines).toEqual([expect.stringMatching(/^log: Listener push: subscription \S+ at \S+ is gone and/)]);
  });

  it.each<[string, PushAnswer, string]>([
    ['an error', { status: 500, body: 'Oops\n\u001b[31m' }, 'answered 500: Oops [31m'],
    ['a connection cut', 'cut', 'could not be reached (UND_ERR_SOCKET)'],
    ['no answer', 'hang', 'no answer within 200 ms'],
  ])('fails after %s, and the next try does not reach those who have taken it', async (_, answer, reason) => {
    listen([service.subscribe('a'), service.subscribe('b'), service.subscribe('c')], 'timeout = 200');
    service.answer('b', answer, answer);
    for (let times = 0; times < 2; times++) {
      await expect(tell()).rejects.toThrow(`1 push message(s) failed, e.g. to subscription`);
    }
    await tell();
    expect(service.told.sort()).toEqual(['a', 'b', 'c']);
    service.answer('b', answer);
    const failure = await tell(another('2')).catch((error: unknown) => error);
    expect((failure as Error).message).toContain(`at ${service.origin}: ${reason}`);
    expect(failure).not.toBeInstanceOf(UndeliverableChange);
  });

  it('takes an answer that never ends for the success it begins with', async () => {
    listen([service.subscribe('mine')]);
    service.answer('mine', 'endless');
    await tell();
    expect(service.requests).toEqual(['mine endless']);
  });

  it('does not follow a redirect, and does not insist', async () => {
    listen([service.subscribe('moved'), service.subscribe('there')]);
    service.answer('moved', { status: 301, headers: { location: `${service.origin}/push/there` } });
    await tell();
    await tell(another('2'));
    expect(service.requests.sort()).toEqual(['moved 301', 'there 201', 'there 201']);
  });

  it.each([
    ['seconds', () => '300'],
    ['a date', () => new Date(realNow() + 300_000).toUTCString()],
  ])('leaves a service in peace for as long as its Retry-After in %s says', async (_, header) => {
    listen([service.subscribe('busy'), service.subscribe('idle')]);
    service.answer('busy', { status: 429, headers: { 'retry-after': header() } });
    await expect(tell()).rejects.toThrow('answered 429');
    await expect(tell()).rejects.toThrow(/asked to wait for another \d+ s/);
    await expect(tell(another('2'))).rejects.toThrow(/asked to wait for another \d+ s/);
    expect(service.requests.sort()).toEqual(['busy 429', 'idle 201', 'idle 201']);
    skipSeconds(300);
    await tell();
    await tell(another('2'));
    expect(service.told.sort()).toEqual(['busy', 'busy', 'idle', 'idle']);
  });

  it.each([400, 401, 403])('sends nothing more to a service that answers %d, and says so loudly', async (status) => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    listen([...names.map((name) => service.subscribe(name)), elsewhere.subscribe('well')], 'parallel = 1');
    for (const name of names) service.answer(name, { status, body: 'eyJhbGci.eyJhdWQi.c2ln is no token' });
    await tell();
    await tell(another('2'));
    expect([service.requests, elsewhere.told]).toEqual([[`a ${status}`], ['well', 'well']]);
    expect(log.lines).toEqual([
      `error: Listener push: ${service.origin} refuses push messages, nothing is sent there for 600 s: ` +
        `answered ${status}: *** is no token. Are vapid_public_key and vapid_private_key those that browsers ` +
        'subscribed with, and is the subject right?',
    ]);
    // After the pause another subscription is asked, and shows that the key is right after all.
    for (const name of names) service.answer(name);
    skipSeconds(601);
    await tell(another('3'));
    expect(service.told).toEqual(names.slice(1));
    expect(log.lines.at(-1)).toBe(`log: Listener push: ${service.origin} takes push messages again; 13 were not sent`);
  });

  it('gives a change up that nobody has taken because the key is wrong', async () => {
    service.subscribe('mine');
    const other = makeVapidKeys();
    const keys = [`vapid_public_key = ${other.publicKey}`, `vapid_private_key = ${other.privateKey}`];
    listen([service.subscribe('mine')], ...keys);
    await expect(tell()).rejects.toBeInstanceOf(UndeliverableChange);
    // Asked for again, it is still not delivered; the next change just passes by.
    await expect(tell()).rejects.toThrow('nobody has taken the push message: nothing is sent there now');
    await tell(another('2'));
    expect([service.requests, service.told]).toEqual([['mine 403'], []]);
  });

  it('blames the subscription and not the key when others of that service take messages', async () => {
    listen([service.subscribe('well'), service.subscribe('odd')], 'parallel = 1');
    service.answer('odd', { status: 403, body: 'another key' });
    await tell();
    await tell(another('2'));
    expect(service.requests).toEqual(['well 201', 'odd 403', 'well 201']);
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn: Listener push: subscription \S+ at \S+ is refused and gets nothing for 600 s/),
    ]);
  });

  it('gives up who fails for too long, so that the next changes do not wait, and tells it again once it is well', async () => {
    const [well, ill] = [service.subscribe('well'), service.subscribe('ill')];
    listen([well, ill], 'retry_for = 60');
    const failures = Array.from({ length: 4 }, () => ({ status: 503 }));
    service.answer('ill', ...failures);
    await expect(tell()).rejects.toThrow('answered 503');
    skipSeconds(61);
    await tell();
    await tell(another('2'));
    // The pause is over: one message shows that nothing has changed, and nobody waits for it.
    skipSeconds(601);
    await tell(another('3'));
    await tell(another('4'));
    expect(service.requests.filter((request) => request.startsWith('ill'))).toEqual(Array(3).fill('ill 503'));
    service.answer('ill');
    skipSeconds(1201);
    await tell(another('5'));
    await tell(another('6'));
    expect([service.textsOf(well).length, service.textsOf(ill).length]).toEqual([6, 2]);
    expect(log.lines.map((line) => line.replace(/subscription \S+ at \S+/, 'it'))).toEqual([
      'warn: Listener push: it failed for too long and gets nothing for 600 s: answered 503',
      'log: Listener push: it takes push messages again; 2 were not sent',
    ]);
  });

  it('keeps a message that nobody has taken for as long as its ttl', async () => {
    listen([service.subscribe('mine')], 'ttl = 7200', 'retry_for = 60');
    service.answer('mine', { status: 503 }, { status: 503 }, { status: 503 });
    await expect(tell()).rejects.toThrow('answered 503');
    skipSeconds(7000);
    await expect(tell()).rejects.not.toBeInstanceOf(UndeliverableChange);
    skipSeconds(300);
    await expect(tell()).rejects.toBeInstanceOf(UndeliverableChange);
  });

  it('sends four messages at once to one service, not more, and nothing more once its try is over', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    listen(names.map((name) => service.subscribe(name)));
    service.hold();
    const ending = new AbortController();
    const told = tell(committedChange(), ending.signal);
    await eventually(() => service.waiting === 4, 'four messages wait for their answer');
    ending.abort(new Error('too late'));
    await expect(told).rejects.toThrow('too late');
    service.release();
    await eventually(() => service.requests.length === 4, 'the service has answered');
    await tell();
    expect(service.mostAtOnce).toBe(4);
    expect(new Set(service.told).size).toBe(12);
  });

  it('calls no private address unless it may', async () => {
    const mine = service.subscribe('mine');
    const secure = { ...mine.toJSON(), endpoint: 'https://127.0.0.1/push' };
    expect(() => make([secure], 'allow_private_addresses = false')).toThrow('is a loopback address');
    expect(() => make([mine], 'allow_private_addresses = false')).toThrow('endpoint is no https: URL');
    listen([{ ...secure, endpoint: 'https://localhost.localdomain.invalid/push' }], 'allow_private_addresses = false');
    await expect(tell()).rejects.toThrow('could not be reached (ENOTFOUND)');
  });

  describe('at the start', () => {
    let subscriber: PushSubscriber;
    beforeEach(() => (subscriber = service.subscribe('mine')));

    it.each<[string, (json: ReturnType<PushSubscriber['toJSON']>) => unknown, string]>([
      ['no JSON', () => '[{"endpoint": "https://push.example/secret"', 'is no JSON list of push subscriptions'],
      ['no list', () => ({}), 'is no JSON list of push subscriptions'],
      ['no object', () => [1], 'subscription 1: it is no object'],
      ['no endpoint', (json) => [json, { ...json, endpoint: 'secret' }], 'subscription 2: endpoint is no URL'],
      ['no keys', ({ endpoint }) => [{ endpoint }], 'subscription 1: keys is no object'],
      [
        'a key off the curve',
        ({ keys, ...json }) => [{ ...json, keys: { ...keys, p256dh: `B${'A'.repeat(86)}` } }],
        'keys.p256dh is no point on P-256',
      ],
      [
        'a short secret',
        ({ keys, ...json }) => [{ ...json, keys: { ...keys, auth: 'c2VjcmV0' } }],
        'keys.auth is not 16 bytes',
      ],
      ['a long endpoint', (json) => [{ ...json, endpoint: `https://a/${'x'.repeat(2048)}` }], 'is longer than 2048'],
      ['a password', (json) => [{ ...json, endpoint: 'https://a:secret@b/' }], 'endpoint has a user or a password'],
      ['another filter', (json) => [{ ...json, collections: 'tasks' }], 'collections is no list of ids'],
    ])('refuses a file with %s in one line, which gives no endpoint away', (_, content, problem) => {
      let message = '';
      try {
        make(content(subscriber.toJSON()));
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain('event_listeners.push: ');
      expect(message).toContain(problem);
      for (const hidden of ['\n', 'secret', '/push/mine']) expect(message).not.toContain(hidden);
    });

    it.each([
      ['vapid_private_key =', 'vapid_private_key: it is needed'],
      ['vapid_private_key = abc', 'vapid_private_key: is 32 bytes in base64url, 43 characters'],
      ['vapid_public_key = abc', 'vapid_public_key = abc: is 65 bytes in base64url, 87 characters'],
      [`vapid_private_key = ${'Ab1'.repeat(14)}A`, 'vapid_private_key: do not belong together'],
      ['subject = admin', 'subject = admin: is mailto: and an address, or an https: URL'],
      ['subject = https://localhost/', 'subject = https://localhost/: is mailto: and an address'],
      ['urgency = now', 'urgency = now'],
      ['stored_in = /buckets/app', 'stored_in = /buckets/app: is a collection: /buckets/<id>/collections/<id>'],
      ['subscriptions =', 'expected one of them: nobody would be told'],
      ['subscriptions = /nowhere/at-all.json', '/nowhere/at-all.json cannot be read (ENOENT)'],
      ['timeout = 30000', 'timeout = 30000: must not be greater than 25000'],
    ])('refuses %s in a line that names the key, without the secret', (line, problem) => {
      let message = '';
      try {
        make([subscriber], line);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain(problem);
      expect(message).not.toContain('\n');
      if (line.startsWith('vapid_private_key = ')) expect(message).not.toContain(line.split(' = ')[1]);
    });

    it('shows the private key to nobody who looks', async () => {
      listen([subscriber]);
      await tell();
      const shown = [...log.lines, inspect(registered, { depth: 20, showHidden: true })].join('\n');
      expect(shown).not.toContain(VAPID.privateKey);
    });
  });

  it('behind the feed, arrives once for each of two hundred changes although its service fails now and then', async () => {
    const storage = await temporary.open();
    const feed = new ChangeFeed(storage, new RecordingLog(), { firstWait: 1, longestWait: 4, closeGrace: 1000 });
    const [a, b] = [service.subscribe('a'), service.subscribe('b')];
    await feed.open([listen([a, b])]);
    for (const name of ['a', 'b']) service.answer(name, { status: 500 }, 'cut', { status: 503 });
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
    await new ChangeWriter(storage).createAll(TASKS, ids);
    await feed.settled();
    for (const subscriber of [a, b]) {
      expect(service.textsOf(subscriber)).toEqual(ids.map((id) => expect.objectContaining({ ids: [id] }) as unknown));
    }
    await feed.close();
  });
});
