import { ChangeFeed } from '../../src/changes/change-feed.js';
import type { CommittedChange } from '../../src/changes/resource-change.js';
import { eventually } from '../realtime/support/eventually.js';
import { BUCKETS, ChangeWriter, TASKS } from '../support/change-writer.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { FakeReceiver } from '../support/fake-receiver.js';
import { RecordingLog } from '../support/recording-log.js';
import { startTestServer } from '../support/server.js';
import { TemporaryStorage } from '../support/temporary-storage.js';
import {
  idsOf,
  objectsAt,
  OLD_SECRET,
  registeredWebhook,
  SECRET,
  shownObjects,
  verified,
  webhookIni,
  WebhookScene,
} from './support/webhook-listening.js';

const PATIENCE = { firstWait: 1, longestWait: 4, closeGrace: 100 };

describe('The webhook listener', () => {
  let scene: WebhookScene;
  let receiver: FakeReceiver;
  const listen = (...more: string[]) => scene.listen(...more);
  const tell = (change?: CommittedChange, cutOff?: AbortSignal) => scene.tell(change, cutOff);

  beforeEach(async () => {
    scene = await WebhookScene.open();
    receiver = scene.receiver;
    listen();
  });
  afterEach(() => scene.close());

  describe('sends', () => {
    it('a POST that the receivers’ library finds signed, with the data as the text it is', async () => {
      await tell(committedChange({ action: 'update', impacted: [impacted('r1', '{"a":1.0}', '{"b":"é"}')] }));
      const [request] = receiver.received;
      expect(request).toMatchObject({
        ...{ method: 'POST', path: '/hook' },
        headers: { 'content-type': 'application/json', 'user-agent': 'kumocast' },
      });
      expect(verified(request!)).toEqual({
        id: request!.headers['webhook-id'],
        type: 'record.update',
        timestamp: '2025-11-21T04:40:00.000Z',
        action: 'update',
        resource_name: 'record',
        uri: '/buckets/home/collections/tasks/records/r1',
        bucket_id: 'home',
        collection_id: 'tasks',
        record_id: 'r1',
        data: [{ new: { a: 1 }, old: { b: 'é' } }],
      });
      expect(request!.body).toContain('"data":[{"new":{"a":1.0},"old":{"b":"é"}}]}');
    });

    it('one message for several objects, about their list', async () => {
      await tell(committedChange({ impacted: objectsAt('r1', 'r2') }));
      expect(receiver.received).toHaveLength(1);
      const message = verified(receiver.received[0]!);
      expect(message).toMatchObject({ uri: '/buckets/home/collections/tasks/records', bucket_id: 'home' });
      expect(message).not.toHaveProperty('record_id');
      expect(message.data).toEqual([{ new: { id: 'r1' } }, { new: { id: 'r2' } }]);
    });

    it('what a bucket is called', async () => {
      await tell(committedChange({ resourceName: 'bucket', parentId: '', impacted: [impacted('home')] }));
      const message = verified(receiver.received[0]!);
      expect(message).toMatchObject({ type: 'bucket.create', uri: '/buckets/home', bucket_id: 'home' });
    });

    it.each([
      ['object', { id: 'r2' }],
      ['change', { uri: '/buckets/home/collections/tasks/records/r2', position: 'e.2.0000', data: { id: 'r2' } }],
    ])('one message for each object when the payload is %s', async (payload, second) => {
      listen(`payload = ${payload}`);
      await tell(committedChange({ impacted: objectsAt('r1', 'r2') }));
      const messages = receiver.received.map((request) => verified(request));
      expect(messages.map(({ uri, record_id }) => [uri, record_id])).toEqual([
        ['/buckets/home/collections/tasks/records/r1', 'r1'],
        ['/buckets/home/collections/tasks/records/r2', 'r2'],
      ]);
      expect(messages[1]!.data).toMatchObject(second);
      expect(new Set(idsOf(receiver)).size).toBe(2);
    });

    it('a signature for each secret, so that receivers may go from one to the next', async () => {
      listen(`secret = ${SECRET} ${OLD_SECRET}`);
      await tell();
      const [request] = receiver.received;
      expect(verified(request!, SECRET)).toEqual(verified(request!, OLD_SECRET));
      expect(request!.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
      expect(() => verified(request!, 'another-plain-secret')).toThrow('No matching signature');
    });

    it('the headers it was given', async () => {
      listen('headers = Authorization: Bearer abc\n\tX-Own:  yes: indeed ');
      await tell();
      expect(receiver.received[0]!.headers).toMatchObject({ authorization: 'Bearer abc', 'x-own': 'yes: indeed' });
    });

    it('a notice in place of data that would make the body too large', async () => {
      listen('max_body_bytes = 16384');
      await tell(committedChange({ impacted: [impacted('r1', `{"text":"${'é'.repeat(7900)}"}`)] }));
      await tell(committedChange({ impacted: [impacted('r1', `{"text":"${'é'.repeat(8192)}"}`)] }));
      const [fits, tooLarge] = receiver.received.map((request) => verified(request));
      expect(fits!.data).toHaveLength(1);
      expect(tooLarge).toMatchObject({
        type: 'record.create',
        data: { too_large: true, uri: '/buckets/home/collections/tasks/records/r1', count: 1 },
      });
      for (const { body } of receiver.received) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(16_384);
    });

    it('everything over one connection for one receiver, until it is closed', async () => {
      listen('max_connections = 1');
      for (let times = 0; times < 5; times++) await tell();
      expect([receiver.received.length, receiver.connections]).toEqual([5, 1]);
      await scene.listener.close?.();
      await scene.listener.close?.();
      await expect(tell()).rejects.toThrow('could not be reached');
    });
  });

  describe('identifies what it sends', () => {
    it('by the same id at each try, in header and body, with a timestamp and a signature of the try', async () => {
      receiver.reactions.push({ status: 500 });
      await expect(tell()).rejects.toThrow('answered 500');
      await tell();
      const ids = idsOf(receiver);
      expect(new Set(ids).size).toBe(1);
      // No full stop: it separates what is signed.
      expect(ids[0]).toMatch(/^msg_[A-Za-z0-9_-]{43}$/);
      for (const request of receiver.received) expect(verified(request).id).toBe(ids[0]);
    });

    it('by the same id after a restart, and another for another change', async () => {
      await tell();
      listen();
      await tell();
      await tell(committedChange({ id: 'request:e.2.0000' }));
      const [first, again, another] = idsOf(receiver);
      expect(again).toBe(first);
      expect(another).not.toBe(first);
    });

    it("by an object's position, so that a narrower filter does not rename it", async () => {
      listen('payload = object');
      const [r1, r2] = objectsAt('r1', 'r2');
      await tell(committedChange({ impacted: [r1!, r2!] }));
      await tell(committedChange({ impacted: [r2!] }));
      const ids = idsOf(receiver);
      expect(ids[2]).toBe(ids[1]);
    });
  });
});

describe('The webhook listener behind the feed', () => {
  const temporary = new TemporaryStorage();
  const log = new RecordingLog();
  let receiver: FakeReceiver;
  let feed: ChangeFeed;
  let writer: ChangeWriter;
  const open = async (...more: string[]) => {
    const registered = registeredWebhook(receiver.url, ...more);
    await feed.open([registered]);
    return registered;
  };

  beforeEach(async () => {
    receiver = await FakeReceiver.open();
    const storage = await temporary.open();
    log.lines.length = 0;
    feed = new ChangeFeed(storage, log, PATIENCE);
    writer = new ChangeWriter(storage);
  });
  afterEach(async () => {
    await feed.close();
    await receiver.close();
  });
  afterAll(() => temporary.remove());

  it('announces what was created, updated and deleted, in the order of the commits', async () => {
    await open();
    await writer.create(TASKS, 'r1', { title: 'Grüße' });
    await writer.update(TASKS, 'r1', { title: 'Hallo' });
    await writer.delete(TASKS, 'r1');
    await feed.settled();
    const messages = receiver.received.map((request) => verified(request));
    expect(messages.map(({ type }) => type)).toEqual(['record.create', 'record.update', 'record.delete']);
    const time = expect.any(Number) as number;
    expect(messages[2]!.data).toEqual([
      { new: { id: 'r1', last_modified: time, deleted: true }, old: { id: 'r1', last_modified: time, title: 'Hallo' } },
    ]);
    expect(log.lines).toEqual([]);
  });

  it('announces only what it was configured for', async () => {
    await open('resources = record', 'actions = delete');
    await writer.create(BUCKETS, 'home');
    await writer.create(TASKS, 'r1');
    await writer.delete(TASKS, 'r1');
    await feed.settled();
    expect(receiver.received.map((request) => verified(request).type)).toEqual(['record.delete']);
  });

  it('tries again until the receiver has recovered, with the same id and in order', async () => {
    await open('timeout = 50');
    receiver.reactions.push({ status: 500 }, 'hang', 'cut', { status: 503 });
    await writer.create(TASKS, 'r1');
    await writer.create(TASKS, 'r2');
    await feed.settled();
    expect(shownObjects(receiver)).toEqual(['r1', 'r1', 'r1', 'r1', 'r1', 'r2']);
    expect(new Set(idsOf(receiver)).size).toBe(2);
    expect(log.lines).toHaveLength(4);
  });

  it('is cut off when it hangs for longer than a try may take', async () => {
    await open('try_timeout = 50');
    receiver.reactions.push('hang');
    await writer.create(TASKS, 'r1');
    await feed.settled();
    expect(shownObjects(receiver)).toEqual(['r1', 'r1']);
    expect(log.lines[0]).toContain('no answer within 50 ms');
  });
});

describe('A server with a webhook listener', () => {
  it('posts what a client writes', async () => {
    const receiver = await FakeReceiver.open();
    const server = await startTestServer({ ini: webhookIni(receiver.url) });
    try {
      await server.request('PUT', '/v1/buckets/home', { body: { data: { title: 'Grüße' } } });
      await eventually(() => receiver.received.length === 1, 'the webhook has arrived');
      const message = verified(receiver.received[0]!);
      expect(message).toMatchObject({ type: 'bucket.create', data: [{ new: { id: 'home', title: 'Grüße' } }] });
    } finally {
      await server.close();
      await receiver.close();
    }
  });
});
