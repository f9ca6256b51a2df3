import type { ChangeListener } from '../../src/changes/change-listener.js';
import type { Payload } from '../../src/changes/payload.js';
import type { CommittedChange } from '../../src/changes/resource-change.js';
import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { RedisSettings } from '../../src/listeners/redis/redis.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { RedisServer } from './redis-server.js';

/** A Redis, and a listener that hands changes over to it without a feed. Each test finds it empty and well. */
export class ListeningRedis {
  listener!: ChangeListener;

  private constructor(
    readonly server: RedisServer,
    readonly client: Awaited<ReturnType<RedisServer['connect']>>,
  ) {}

  static async open(): Promise<ListeningRedis> {
    const server = await RedisServer.start();
    return new ListeningRedis(server, await server.connect());
  }

  async begin(): Promise<void> {
    await this.client.flushAll();
    await this.client.configSet({ maxmemory: '0', 'proto-max-bulk-len': '512mb' });
    await this.client.configResetStat();
    this.listen();
  }

  async end(): Promise<void> {
    this.server.goOn();
    await this.listener.close?.();
  }

  /** From now on with another listener. */
  listen(settings: Record<string, string> = {}, payload: Payload = 'kinto'): ChangeListener {
    const lines = Object.entries({ url: this.server.url, ...settings }).map(
      ([key, value]) => `queue.${key} = ${value}`,
    );
    const source = SettingSource.fromText(['[app:main]', ...lines].join('\n'));
    const read = readSettings(RedisSettings, source, { prefixes: ['queue.'] });
    void this.listener?.close?.();
    this.listener = redisListener.create(read, { name: 'queue', payload });
    return this.listener;
  }

  async tellAll(...changes: CommittedChange[]): Promise<void> {
    await this.listener.afterCommits?.(changes, new AbortController().signal);
  }

  /** @returns what went wrong, if anything */
  async failureAt(change: CommittedChange, cutOff?: AbortSignal): Promise<unknown> {
    return failureOf(async () => this.listener.afterCommit(change, cutOff));
  }

  /** What is in the list, the oldest first. */
  async listed(key = 'kinto.core.events'): Promise<string[]> {
    return (await this.client.lRange(key, 0, -1)).reverse();
  }

  /** The ids of these messages, or of the objects that they are. */
  async listedIds(): Promise<string[]> {
    return (await this.listed()).map((text) => (JSON.parse(text) as { id: string }).id);
  }

  close(): Promise<void> {
    return this.server.stop();
  }
}

export function failureOf(work: () => Promise<void>): Promise<unknown> {
  return work().then(
    () => undefined,
    (error: unknown) => error,
  );
}
