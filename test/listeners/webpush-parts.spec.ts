import { UndeliverableChange } from '../../src/changes/change-listener.js';
import { initialIni } from '../../src/cli/init.js';
import { inLanes } from '../../src/listeners/webpush/lanes.js';
import { LARGEST_TEXT, pushMessage } from '../../src/listeners/webpush/push-message.js';
import { Rests } from '../../src/listeners/webpush/rests.js';
import { SparingLog } from '../../src/listeners/webpush/sparing-log.js';
import { VapidSigner } from '../../src/outgoing/webpush/vapid-signer.js';
import { areKeyPair, makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { RecordingLog } from '../support/recording-log.js';

const PLAIN = {
  v: 1,
  uri: '/buckets/home/collections/tasks',
  resource: 'record',
  timestamp: 1_763_700_000_000,
  position: 'e.1.0000',
  counts: { create: 1, update: 0, delete: 0 },
  ids: ['r1'],
};

describe('The message of a push', () => {
  it('says what changed where, without the objects', () => {
    const change = committedChange({ action: 'update', impacted: [impacted('r1'), impacted('r2')] });
    const { texts } = pushMessage(change, false);
    const counts = { create: 0, update: 2, delete: 0 };
    expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual([{ ...PLAIN, counts, ids: ['r1', 'r2'] }]);
  });

  it('has the object if that was asked for, with its numbers as they were written, and a text without it', () => {
    const { texts } = pushMessage(committedChange({ impacted: [impacted('r1', '{"n":9007199254740993}')] }), true);
    expect(texts).toEqual([
      JSON.stringify(PLAIN).replace(/}$/, ',"data":{"n":9007199254740993}}'),
      JSON.stringify(PLAIN),
    ]);
  });

  it('has no object where several were changed', () => {
    const { texts } = pushMessage(committedChange({ impacted: [impacted('r1'), impacted('r2')] }), true);
    expect(texts).toHaveLength(1);
    expect(texts[0]).not.toContain('data');
  });

  it('has the same topic for every change of a list, of 32 characters of base64url', () => {
    const [first, second] = ['create', 'delete'].map((action) => {
      return pushMessage(committedChange({ action: action as 'create' }), false).topic;
    });
    const other = pushMessage(committedChange({ parentId: '/buckets/home/collections/notes' }), false).topic;
    expect(first).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it.each([
    [LARGEST_TEXT, 2],
    [LARGEST_TEXT + 1, 1],
  ])('of %d bytes with the object goes in %d texts', (bytes, count) => {
    const around = Buffer.byteLength(JSON.stringify({ ...PLAIN, data: { x: '' } }));
    const text = JSON.stringify({ x: 'é'.repeat(10) + 'x'.repeat(bytes - around - 20) });
    const { texts } = pushMessage(committedChange({ impacted: [impacted('r1', text)] }), true);
    expect(texts).toHaveLength(count);
    expect(Buffer.byteLength(texts[0]!)).toBe(count === 2 ? LARGEST_TEXT : Buffer.byteLength(JSON.stringify(PLAIN)));
  });

  it('names no ids where they do not fit', () => {
    const many = Array.from({ length: 2000 }, (_, index) => impacted(`r${index}`));
    const { texts } = pushMessage(committedChange({ action: 'delete', impacted: many }), false);
    expect(JSON.parse(texts[0]!)).toMatchObject({ counts: { delete: 2000 } });
    expect(texts[0]).not.toContain('ids');
  });

  it('cannot be made when not even the URI of the list fits', () => {
    const change = committedChange({ parentId: `/buckets/${'b'.repeat(4000)}` });
    expect(() => pushMessage(change, false)).toThrow(UndeliverableChange);
  });
});

describe('Lanes', () => {
  const items = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'];
  const rules = { groupOf: (item: string) => item[0]!, perGroup: 2, total: 4 };

  it('do the work for each item once, several at once but only so many of one group', async () => {
    const seen: string[] = [];
    const now = new Map<string, number>();
    let [most, mostOfOne] = [0, 0];
    await inLanes(items, rules, async (item) => {
      seen.push(item);
      now.set(item[0]!, (now.get(item[0]!) ?? 0) + 1);
      most = Math.max(
        most,
        [...now.values()].reduce((sum, count) => sum + count, 0),
      );
      mostOfOne = Math.max(mostOfOne, ...now.values());
      await new Promise(setImmediate);
      now.set(item[0]!, now.get(item[0]!)! - 1);
    });
    expect(seen.sort()).toEqual(items);
    expect([most, mostOfOne]).toEqual([4, 2]);
  });

  it('of one group do not wait for those of another', async () => {
    const done: string[] = [];
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const all = inLanes(items, rules, async (item) => {
      if (item.startsWith('a')) await slow;
      done.push(item);
      if (done.length === 3) release();
    });
    await all;
    expect(done.slice(0, 3).sort()).toEqual(['b1', 'b2', 'c1']);
  });

  it('fail with the first failure', async () => {
    await expect(inLanes(items, rules, (item) => Promise.reject(new Error(item)))).rejects.toThrow('a1');
    await inLanes([], rules, () => Promise.reject(new Error('nothing')));
  });
});

describe('A rest', () => {
  it('is as long as it was asked for, twice as long when it follows one, an hour at most', () => {
    const rests = new Rests();
    let now = 0;
    const lengths = Array.from({ length: 6 }, () => {
      const length = rests.begin('a', 600_000, 0, now);
      now += length;
      return length / 1000;
    });
    expect(lengths).toEqual([600, 1200, 2400, 3600, 3600, 3600]);
    expect(rests.begin('a', 600_000, 9_000_000, now)).toBe(9_000_000);
  });

  it('is not begun anew while it lasts', () => {
    const rests = new Rests();
    rests.begin('a', 1000, 0, 0);
    expect(rests.begin('a', 1000, 0, 999)).toBe(0);
    expect(rests.begin('a', 1000, 0, 1000)).toBe(2000);
  });

  it('counts what is skipped, lets one try when it is over, and tells the count at the end', () => {
    const rests = new Rests();
    rests.begin('a', 1000, 0, 0);
    expect([rests.skips('a', 1), rests.skips('a', 999), rests.skips('a', 1000), rests.skips('b', 1)]).toEqual([
      ...[true, true, false, false],
    ]);
    expect([rests.has('a'), rests.end('a'), rests.has('a'), rests.end('a')]).toEqual([true, 2, false, undefined]);
    rests.begin('b', 1000);
    rests.keepOnly(new Set(['a']));
    expect(rests.has('b')).toBe(false);
  });
});

describe('VAPID keys', () => {
  it('that are made are pairs, each another one, of 65 and 32 bytes', () => {
    const pairs = Array.from({ length: 300 }, makeVapidKeys);
    for (const pair of pairs) {
      expect(pair.publicKey).toMatch(/^[A-Za-z0-9_-]{87}$/);
      expect(pair.privateKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(areKeyPair(pair)).toBe(true);
    }
    expect(new Set(pairs.map(({ privateKey }) => privateKey)).size).toBe(300);
  });

  it('that kumocast init writes are a pair', () => {
    const ini = initialIni({ backend: 'sqlite', cacheBackend: 'memory', host: '127.0.0.1' });
    const [publicKey = '', privateKey = ''] = ['public', 'private'].map((kind) => {
      return new RegExp(`^# webpush.vapid_${kind}_key = (.*)$`, 'm').exec(ini)?.[1];
    });
    expect(areKeyPair({ publicKey, privateKey })).toBe(true);
  });

  it('of two pairs do not belong together, and zeros are no key', () => {
    const [one, other] = [makeVapidKeys(), makeVapidKeys()];
    expect(areKeyPair({ publicKey: one.publicKey, privateKey: other.privateKey })).toBe(false);
    expect(areKeyPair({ publicKey: one.publicKey, privateKey: 'A'.repeat(43) })).toBe(false);
  });
});

describe('The signature of a message', () => {
  const { publicKey: vapidPublicKey, privateKey: vapidPrivateKey } = makeVapidKeys();
  const signer = new VapidSigner({ subject: 'mailto:admin@example.org', vapidPublicKey, vapidPrivateKey });
  const hour = 3_600_000;

  it('is one for all messages to a push service for hours, and no other has it', () => {
    const now = Date.now();
    const header = signer.headerFor('https://push.example', now);
    expect(signer.headerFor('https://push.example', now + 5 * hour)).toBe(header);
    expect(signer.headerFor('https://push.example:8443', now)).not.toBe(header);
    for (const later of [now + 7 * hour, now]) {
      expect(signer.headerFor('https://push.example', later)).not.toBe(header);
    }
  });

  it('is made anew once it was refused', () => {
    const header = signer.headerFor('https://push.example');
    signer.forget('https://push.example');
    expect(signer.headerFor('https://push.example')).not.toBe(header);
  });
});

describe('The log of a listener that has thousands of subscriptions', () => {
  it('has a few lines of each level for a try, and how many there were besides', () => {
    const target = new RecordingLog();
    const log = new SparingLog('push', target);
    for (let line = 1; line <= 5; line++) log.warn(`line ${line}`);
    log.log('another');
    log.turn();
    log.warn('next');
    log.turn();
    expect(target.lines).toEqual([
      ...[1, 2, 3].map((line) => `warn: Listener push: line ${line}`),
      'log: Listener push: another',
      'warn: Listener push: and 2 more like these',
      'warn: Listener push: next',
    ]);
  });
});
