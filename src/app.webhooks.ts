import type { ConfiguredApp } from './app.channels.js';
import { ONE_PROCESS, type Lease, type Leases } from './changes/lease.js';
import { OutgoingClient } from './outgoing/outgoing-client.js';
import type { ChannelEvents } from './realtime/channel-events.js';
import { ChannelWebhooks } from './realtime/webhooks/channel-webhooks.js';
import type { CourierLog, CourierTurn } from './realtime/webhooks/webhook-courier.js';
import type { WebhookTarget } from './realtime/webhooks/webhook-event.js';
import type { NewWebhook, QueuedWebhook, WebhookQueue } from './realtime/webhooks/webhook-queue.js';
import { WebhookSettings } from './realtime/webhooks/webhooks.settings.js';
import { readSettings, SettingsError, type SettingSource } from './settings/settings.js';
import type { SqlSession } from './storage/sql-session.js';
import type { Storage } from './storage/storage.js';

/** Of an answer nothing is read but its status; so much keeps the connection free for the next webhook. */
const READ_BYTES = 16_384;

/** A URL gets one webhook at a time; several URLs may share a host. */
const CONNECTIONS = 8;

/**
 * The webhooks of all apps, which wait in the database.
 *
 * @throws SettingsError naming the key of a URL that could never be called
 */
export function makeChannelWebhooks(
  source: SettingSource,
  apps: readonly ConfiguredApp[],
  { storage, leases, log }: { storage: Storage; leases: Leases; log: CourierLog },
): NodeWebhooks {
  const settings = readSettings(WebhookSettings, source);
  const transport = new OutgoingClient({
    allowPrivateAddresses: settings.allowPrivateAddresses,
    maxResponseBytes: READ_BYTES,
    connections: CONNECTIONS,
  });
  for (const { prefix, webhookUrls } of apps) ensureCallable(transport, `${prefix}webhook_urls`, webhookUrls);
  return new NodeWebhooks(leases, (turn) => {
    return new ChannelWebhooks({
      apps: apps.map(({ app, webhookUrls, webhookEvents }) => ({ app, urls: webhookUrls, events: webhookEvents })),
      queue: new DatabaseWebhookQueue(storage),
      ...{ transport, settings, log, turn },
    });
  });
}

/** How often it is looked whether other nodes have put something into the queue, in ms. */
const LOOK_INTERVAL = 500;

/** The webhooks of one node: every node puts its own into the queue, and one at a time delivers what is there. */
export class NodeWebhooks {
  private readonly webhooks: ChannelWebhooks;
  private lease: Lease | undefined;
  private hasWon = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly leases: Leases,
    make: (turn: CourierTurn) => ChannelWebhooks,
  ) {
    const isOurs = () => this.isOurs;
    this.webhooks = make({
      get isOurs() {
        return isOurs();
      },
    });
  }

  /** Whether it is this node that delivers, and so the one that tells what all nodes see. */
  get isOurs(): boolean {
    return this.hasWon && this.lease?.isHeld !== false;
  }

  async open(events: ChannelEvents): Promise<void> {
    await this.webhooks.open(events);
    this.lease = await this.leases.take('channel-webhooks', {
      won: () => {
        this.hasWon = true;
        void this.webhooks.beginTurn();
      },
      lost: () => {
        this.hasWon = false;
        this.webhooks.endTurn();
      },
    });
    if (this.leases === ONE_PROCESS) return;
    this.timer = setInterval(() => this.webhooks.look(), LOOK_INTERVAL);
    this.timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.webhooks.close();
    await this.lease?.release();
  }
}

function ensureCallable(transport: OutgoingClient, key: string, urls: readonly string[]): void {
  try {
    for (const url of urls) transport.ensureCallable(url);
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    throw new SettingsError(key, told.replace('allow_private', 'channels.webhooks.allow_private'));
  }
}

interface Row {
  readonly id: number;
  readonly body: string;
  readonly createdAt: number;
  readonly tries: number;
}

const OF_TARGET = 'FROM channel_webhooks WHERE app_id = ? AND url = ?';

/** A queue that outlives the process: what was put is on disk, even after power loss. */
export class DatabaseWebhookQueue implements WebhookQueue {
  constructor(private readonly storage: Storage) {}

  async put(webhooks: readonly NewWebhook[]): Promise<void> {
    await this.storage.write(async ({ sql }) => {
      for (const { target, body, createdAt } of webhooks) {
        await sql.run('INSERT INTO channel_webhooks (app_id, url, body, created_at, tries) VALUES (?, ?, ?, ?, 0)', [
          target.appId,
          target.url,
          body,
          createdAt,
        ]);
      }
    });
  }

  async take(target: WebhookTarget): Promise<QueuedWebhook | undefined> {
    const row = await this.storage.read(({ sql }) =>
      sql.first<Row>(`SELECT id, body, created_at AS "createdAt", tries ${OF_TARGET} ORDER BY id LIMIT 1`, [
        target.appId,
        target.url,
      ]),
    );
    return row === undefined ? undefined : { ...row, target };
  }

  async done({ id }: QueuedWebhook): Promise<void> {
    await this.storage.write(({ sql }) => sql.run('DELETE FROM channel_webhooks WHERE id = ?', [id]));
  }

  async fail({ id }: QueuedWebhook): Promise<void> {
    await this.storage.write(({ sql }) => {
      return sql.run('UPDATE channel_webhooks SET tries = tries + 1 WHERE id = ?', [id]);
    });
  }

  dropExcess({ appId, url }: WebhookTarget, maxWaiting: number): Promise<number> {
    return this.storage.write(({ sql }) =>
      sql.run(`DELETE ${OF_TARGET} AND id <= (SELECT id ${OF_TARGET} ORDER BY id DESC LIMIT 1 OFFSET ?)`, [
        ...[appId, url],
        ...[appId, url, maxWaiting],
      ]),
    );
  }

  dropOld({ appId, url }: WebhookTarget, createdBefore: number): Promise<number> {
    return this.storage.write(({ sql }) =>
      sql.run(`DELETE ${OF_TARGET} AND created_at < ?`, [appId, url, createdBefore]),
    );
  }

  keepOnly(targets: readonly WebhookTarget[]): Promise<number> {
    const wanted = new Set(targets.map(keyOf));
    return this.storage.write(async ({ sql }) => {
      const waiting = await sql.all<WebhookTarget>('SELECT DISTINCT app_id AS "appId", url FROM channel_webhooks');
      let dropped = 0;
      for (const target of waiting) if (!wanted.has(keyOf(target))) dropped += await dropAll(sql, target);
      return dropped;
    });
  }
}

function dropAll(sql: SqlSession, { appId, url }: WebhookTarget): Promise<number> {
  return sql.run(`DELETE ${OF_TARGET}`, [appId, url]);
}

function keyOf({ appId, url }: WebhookTarget): string {
  return JSON.stringify([appId, url]);
}
