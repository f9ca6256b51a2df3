import { DatabaseWebhookQueue } from '../../../src/app.webhooks.js';
import { MemoryWebhookQueue } from '../../../src/realtime/webhooks/memory-webhook-queue.js';
import { TemporaryStorage } from '../../support/temporary-storage.js';
import { webhookQueueContract } from './webhook-queue.contract.js';

describe('The queue of webhooks in memory', () => {
  webhookQueueContract(() => Promise.resolve(new MemoryWebhookQueue()));
});

describe('The queue of webhooks in the database', () => {
  const temporary = new TemporaryStorage();
  afterAll(() => temporary.remove());

  webhookQueueContract(async () => new DatabaseWebhookQueue(await temporary.open()));

  it('is there again when the database is opened again', async () => {
    const target = { appId: '1', url: 'http://one.example/hook' };
    const first = await temporary.open('kept');
    const queue = new DatabaseWebhookQueue(first);
    await queue.put(['a', 'b'].map((body) => ({ target, body, createdAt: 1 })));
    await queue.fail((await queue.take(target))!);
    await temporary.close(first);
    const again = new DatabaseWebhookQueue(await temporary.open('kept'));
    const head = (await again.take(target))!;
    expect(head).toMatchObject({ body: 'a', tries: 1 });
    await again.done(head);
    expect(await again.take(target)).toMatchObject({ body: 'b' });
  });
});
