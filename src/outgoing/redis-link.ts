import { createClient } from 'redis';
import { Backoff } from '../wire/backoff.js';
import { secretsOf } from './redis-url.js';

export type RedisClient = ReturnType<typeof clientFor>;

export interface RedisLinkOptions {
  readonly url: string;
  /** What it is for, as a log has it: `The cache`. */
  readonly name: string;
  /** How long Redis has to answer, in ms. */
  readonly timeout: number;
  readonly log: { log(line: string): void; warn(line: string): void };
  /** What each new connection is told first. */
  readonly prepare?: (client: RedisClient) => Promise<void>;
  /** How often it is asked whether it is still there, in ms; 0: never. */
  readonly pingInterval?: number;
}

/** How long what takes many steps may take, in ms: to look at each of a million keys, for instance. */
export const LONG_WORK = 60_000;

/** In ms. */
const WAITS = { firstWait: 100, longestWait: 2_000 };

/** There is no connection, or no answer in time. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
}

/**
 * A connection that is made again whenever it is lost, for what can do without it: nothing waits for it to come back.
 * That it is lost is logged once, and once that it is there again.
 */
export class RedisLink {
  // A private field, so that no log line or inspector can show the password in it.
  readonly #options: RedisLinkOptions;
  #client: RedisClient | undefined;
  private readonly backoff = new Backoff(WAITS);
  private isDown = false;
  private isClosed = false;
  private endPause: (() => void) | undefined;
  private running: Promise<void> | undefined;
  /** Called whenever there is a connection, the first one too. Must not throw. */
  onReady: (() => void) | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  /** From now on there is a connection whenever there can be one. Resolves after the first try. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      this.running ??= this.run(resolve);
    });
  }

  get isReady(): boolean {
    return this.#client !== undefined;
  }

  /**
   * @param timeout how long it may take as a whole, in ms
   * @throws RedisUnavailable at once when there is no connection, else what Redis has against it
   */
  async send<T>(work: (client: RedisClient) => Promise<T>, timeout = this.#options.timeout): Promise<T> {
    const client = this.#client;
    if (client === undefined) throw new RedisUnavailable('there is no connection');
    return this.within(client, work(client), timeout);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.endPause?.();
    this.#client?.destroy();
    await this.running;
  }

  private async run(tried: () => void): Promise<void> {
    while (!this.isClosed) {
      const client = clientFor(this.#options);
      try {
        const ended = endOf(client);
        await this.within(client, client.connect());
        // A Redis that stands still takes connections, too.
        await this.within(client, client.ping());
        await this.within(client, this.#options.prepare?.(client) ?? Promise.resolve(), LONG_WORK);
        this.begin(client);
        tried();
        await Promise.race([ended, this.keepAsking(client, ended)]);
      } catch (error) {
        this.tellDown(error);
      } finally {
        this.#client = undefined;
        client.destroy();
      }
      tried();
      await this.pause(this.backoff.next());
    }
  }

  private begin(client: RedisClient): void {
    if (this.isClosed) throw new RedisUnavailable('it is not wanted any more');
    this.backoff.reset();
    const { name, log } = this.#options;
    if (this.isDown) log.log(`${name}: Redis is there again`);
    this.isDown = false;
    this.#client = client;
    this.onReady?.();
  }

  /** A connection whose other end has gone without a word looks like one that is idle. */
  private async keepAsking(client: RedisClient, ended: Promise<never>): Promise<never> {
    const { pingInterval = 0 } = this.#options;
    while (pingInterval > 0 && !this.isClosed) {
      await this.pause(pingInterval);
      if (!this.isClosed) await this.within(client, client.ping());
    }
    return ended;
  }

  /** Whoever does not answer is hung up on: those who come next need not wait as long. */
  private async within<T>(client: RedisClient, work: Promise<T>, timeout = this.#options.timeout): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new RedisUnavailable(`no answer within ${timeout} ms`));
        client.destroy();
      }, timeout);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private tellDown(error: unknown): void {
    if (this.isDown || this.isClosed) return;
    this.isDown = true;
    const { url, name, log } = this.#options;
    let reason = error instanceof Error ? error.message || error.name : String(error);
    for (const secret of secretsOf(url)) reason = reason.replaceAll(secret, '…');
    log.warn(`${name}: Redis does not answer, and is tried again: ${reason}`);
  }

  private async pause(ms: number): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function endOf(client: RedisClient): Promise<never> {
  const ended = new Promise<never>((_, reject) => {
    client.on('error', (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))));
    client.on('end', () => reject(new RedisUnavailable('the connection has ended')));
  });
  // Also where nobody waits for it any more.
  ended.catch(() => undefined);
  return ended;
}

function clientFor({ url, timeout }: RedisLinkOptions) {
  const client = createClient({
    url,
    // Speaks to every Redis since 5; this needs nothing of the newer protocol.
    RESP: 2,
    disableClientInfo: true,
    // What cannot be sent now is not sent later.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    socket: { reconnectStrategy: false, connectTimeout: timeout },
  });
  // It keeps no process from ending.
  client.unref();
  return client;
}
