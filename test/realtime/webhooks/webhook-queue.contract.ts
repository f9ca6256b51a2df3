import type { NewWebhook, WebhookQueue } from '../../../src/realtime/webhooks/webhook-queue.js';

const ONE = { appId: '1', url: 'http://one.example/hook' };
const SAME_APP = { appId: '1', url: 'http://two.example/hook' };
const SAME_URL = { appId: '2', url: 'http://one.example/hook' };

function webhook(body: string, target = ONE, createdAt = 1000): NewWebhook {
  return { target, body, createdAt };
}

/** What every queue promises, whatever it is kept in. */
export function webhookQueueContract(makeQueue: () => Promise<WebhookQueue>): void {
  let queue: WebhookQueue;
  beforeEach(async () => (queue = await makeQueue()));

  /** Takes all there is, each done as it comes. */
  const drain = async (target = ONE): Promise<string[]> => {
    const bodies: string[] = [];
    for (;;) {
      const next = await queue.take(target);
      if (next === undefined) return bodies;
      bodies.push(next.body);
      await queue.done(next);
    }
  };

  it('has nothing at first', async () => {
    expect(await queue.take(ONE)).toBeUndefined();
  });

  it('gives to each target what was put for it, in that order', async () => {
    await queue.put([webhook('a'), webhook('b', SAME_APP), webhook('c', SAME_URL), webhook('d')]);
    await queue.put([webhook('e')]);
    expect(await drain(ONE)).toEqual(['a', 'd', 'e']);
    expect(await drain(SAME_APP)).toEqual(['b']);
    expect(await drain(SAME_URL)).toEqual(['c']);
  });

  it('gives back what was put, character for character', async () => {
    const body = '{"data":"\\u0000 \\" ’ 🜁"}';
    await queue.put([webhook(body, ONE, 1403175510755)]);
    expect(await queue.take(ONE)).toMatchObject({ target: ONE, body, createdAt: 1403175510755, tries: 0 });
  });

  it('gives the same one until it is done, and counts its failures', async () => {
    await queue.put([webhook('a'), webhook('b')]);
    const first = (await queue.take(ONE))!;
    await queue.fail(first);
    await queue.fail(first);
    const again = (await queue.take(ONE))!;
    expect(again).toMatchObject({ id: first.id, body: 'a', tries: 2 });
    await queue.done(again);
    expect(await queue.take(ONE)).toMatchObject({ body: 'b', tries: 0 });
  });

  it('does not mind a second end, and gives no id twice', async () => {
    await queue.put([webhook('a')]);
    const first = (await queue.take(ONE))!;
    await queue.done(first);
    await queue.put([webhook('b')]);
    await queue.done(first);
    await queue.fail(first);
    const second = (await queue.take(ONE))!;
    expect(second).toMatchObject({ body: 'b', tries: 0 });
    expect(second.id).toBeGreaterThan(first.id);
  });

  it('drops the oldest of a target that has too many, and of no other', async () => {
    await queue.put(['a', 'b', 'c', 'd'].map((body) => webhook(body)));
    await queue.put([webhook('x', SAME_APP), webhook('y', SAME_APP), webhook('z', SAME_URL)]);
    expect(await queue.dropExcess(ONE, 4)).toBe(0);
    expect(await queue.dropExcess(ONE, 1)).toBe(3);
    expect(await drain(ONE)).toEqual(['d']);
    expect(await drain(SAME_APP)).toEqual(['x', 'y']);
    expect(await drain(SAME_URL)).toEqual(['z']);
  });

  it('drops what is older than a moment, of that target alone', async () => {
    await queue.put([webhook('a', ONE, 1), webhook('b', ONE, 2), webhook('c', ONE, 3), webhook('x', SAME_APP, 1)]);
    expect(await queue.dropOld(ONE, 3)).toBe(2);
    expect(await drain(ONE)).toEqual(['c']);
    expect(await drain(SAME_APP)).toEqual(['x']);
  });

  it('drops what is for targets that there are not any more', async () => {
    await queue.put([webhook('a'), webhook('b', SAME_APP), webhook('c', SAME_URL), webhook('d', SAME_URL)]);
    expect(await queue.keepOnly([ONE])).toBe(3);
    expect(await drain(ONE)).toEqual(['a']);
    expect(await queue.keepOnly([])).toBe(0);
    expect(await drain(SAME_URL)).toEqual([]);
  });
}
