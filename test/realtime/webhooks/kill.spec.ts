import { once } from 'node:events';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { WebSocket } from 'ws';
import { Commands } from '../../support/command.js';
import { eventually } from '../support/eventually.js';
import { WebhookReceiver } from './support/webhook-receiver.js';

describe('Webhooks of a server that is killed', () => {
  const commands = new Commands();
  let receiver: WebhookReceiver;
  let databases = 0;
  beforeEach(async () => (receiver = await WebhookReceiver.start()));
  afterEach(() => receiver.close());
  afterAll(() => commands.clear());

  const settings = (): { ini: string; database: string } => {
    const database = join(commands.directory, `killed-${(databases += 1)}.sqlite`);
    const text = `[app:main]
kinto.storage_backend = sqlite
kinto.storage_url = ${database}
kinto.userid_hmac_secret = a-secret
kinto.channels.app_id = 1
kinto.channels.key = one-key
kinto.channels.secret = one-secret
kinto.channels.webhook_urls = ${receiver.url()}
kinto.channels.webhooks.allow_private_addresses = true
kinto.channels.webhooks.batch_window = 0
`;
    return { database, ini: commands.write(`killed-${databases}.ini`, text) };
  };

  /** How many webhooks wait on disk. */
  const countWaiting = (file: string): number => {
    const database = new SqliteDatabase(file, { readonly: true });
    const row = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM channel_webhooks').get();
    database.close();
    return row?.n ?? 0;
  };

  const channels = Array.from({ length: 30 }, (_, index) => `channel-${index}`);
  const occupied = channels.map((channel) => `channel_occupied ${channel}`);

  /** Occupies the channels, in their order. */
  const occupy = async (url: string): Promise<void> => {
    const client = new WebSocket(`${url.replace('http', 'ws')}/app/one-key?protocol=7`);
    client.on('error', () => undefined);
    await once(client, 'open');
    for (const channel of channels) client.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel } }));
  };

  it('are all told after the next start when none could be told before', async () => {
    const { ini, database } = settings();
    receiver.always = 500;
    const killed = commands.start('start', '--ini', ini, '--port', '0');
    await occupy(await killed.url());
    await eventually(() => receiver.received.length > 0 && countWaiting(database) === 30, 'all wait on disk');
    killed.kill('SIGKILL');
    await killed.ended;
    expect(receiver.events()).toEqual([]);

    receiver.always = undefined;
    const restarted = commands.start('start', '--ini', ini, '--port', '0');
    await restarted.url();
    await eventually(() => receiver.events().length >= 30, 'all are told');
    expect(receiver.told()).toEqual(occupied);
    await eventually(() => countWaiting(database) === 0, 'nothing waits any more');
    restarted.kill('SIGTERM');
    await restarted.ended;
  });

  it('go on where they were when some had been told', async () => {
    const { ini, database } = settings();
    receiver.replies = [...Array.from({ length: 10 }, () => 200), 'never'];
    const killed = commands.start('start', '--ini', ini, '--port', '0');
    await occupy(await killed.url());
    await eventually(() => receiver.received.length === 11 && countWaiting(database) === 20, 'the eleventh hangs');
    killed.kill('SIGKILL');
    await killed.ended;

    const restarted = commands.start('start', '--ini', ini, '--port', '0');
    await restarted.url();
    await eventually(() => receiver.told().length >= 30, 'all are told');
    expect(receiver.told()).toEqual(occupied);
    restarted.kill('SIGTERM');
    expect((await restarted.ended).stdout).not.toContain('one-secret');
  });
});
