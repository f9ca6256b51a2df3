import { createClient } from 'redis';
import type { RedisCommand } from './redis-messages.js';
import type { RedisSettings } from './redis.settings.js';

/** Redis has not answered in time. */
export class NoAnswer extends Error {}

class ConnectionClosed extends Error {}

type Client = ReturnType<typeof clientFor>;

/**
 * One connection, so that what is sent keeps its order. It is made when there is something to send and none is there;
 * waiting between tries is the feed's part.
 */
export class RedisConnection {
  // Private fields, so that no log line or inspector can show the password in them.
  readonly #settings: Pick<RedisSettings, 'url' | 'timeout'>;
  #client: Client | undefined;
  private isClosed = false;
  /** Ends what is under way. */
  private giveUp: ((reason: Error) => void) | undefined;

  constructor(settings: Pick<RedisSettings, 'url' | 'timeout'>) {
    this.#settings = settings;
  }

  /**
   * Resolves when Redis has answered; all commands take effect together, in this order, with nobody else's in between.
   * Only a command on a key of the wrong type fails alone.
   *
   * @throws Error when nothing is known of what Redis has done: no connection, no answer in time, or `cutOff`
   * @throws ErrorReply with what Redis has against it
   */
  async send(commands: readonly RedisCommand[], cutOff?: AbortSignal): Promise<void> {
    const client = await this.connected(cutOff);
    try {
      await this.within(client, () => execute(client, commands), cutOff);
    } catch (error) {
      // Redis may be about to end it, after a protocol error; and behind a name there may be another one meanwhile.
      client.destroy();
      throw error;
    }
  }

  /** Ends at once; what is under way fails. A second call does nothing. */
  close(): void {
    this.isClosed = true;
    this.giveUp?.(new ConnectionClosed());
    this.#client?.destroy();
    this.#client = undefined;
  }

  private async connected(cutOff: AbortSignal | undefined): Promise<Client> {
    if (this.#client?.isReady === true) return this.#client;
    this.#client?.destroy();
    const client = (this.#client = clientFor(this.#settings));
    await this.within(client, () => client.connect(), cutOff);
    return client;
  }

  /** Whoever does not answer is hung up on, so that nothing of this try happens beside the next one. */
  private async within(client: Client, work: () => Promise<unknown>, cutOff?: AbortSignal): Promise<void> {
    if (this.isClosed) throw new ConnectionClosed();
    cutOff?.throwIfAborted();
    let isGivenUp = false;
    const late = new Promise<never>((_, reject) => {
      this.giveUp = (reason) => {
        isGivenUp = true;
        client.destroy();
        reject(reason);
      };
    });
    const onCutOff = () => this.giveUp?.(cutOff?.reason as Error);
    const timer = setTimeout(() => this.giveUp?.(new NoAnswer()), this.#settings.timeout);
    cutOff?.addEventListener('abort', onCutOff);
    // A connection that comes about after all is not wanted any more.
    const done = work().finally(() => isGivenUp && client.destroy());
    try {
      await Promise.race([done, late]);
    } finally {
      this.giveUp = undefined;
      clearTimeout(timer);
      cutOff?.removeEventListener('abort', onCutOff);
    }
  }
}

function clientFor({ url, timeout }: Pick<RedisSettings, 'url' | 'timeout'>) {
  const client = createClient({
    url,
    // Speaks to every Redis since 5; this needs nothing of the newer protocol.
    RESP: 2,
    // One more command that a user with few permissions would have to be allowed.
    disableClientInfo: true,
    // What cannot be sent now fails now: the change log is the queue.
    disableOfflineQueue: true,
    socket: { reconnectStrategy: false, connectTimeout: timeout },
  });
  // Every failure is also that of a try. An error event that nobody hears would end the process.
  client.on('error', () => undefined);
  // An idle connection, or one that is being made, keeps no process from ending.
  client.unref();
  return client;
}

/**
 * In a transaction even where a pipeline would do: what Redis refuses, for want of memory for instance, it refuses
 * as a whole. In a pipeline, what came behind could get in, before what has to be sent again.
 */
async function execute(client: Client, commands: readonly RedisCommand[]): Promise<void> {
  const [only] = commands;
  if (commands.length === 1) {
    await client.sendCommand(only!);
    return;
  }
  const transaction = client.multi();
  for (const command of commands) transaction.addCommand([...command]);
  await transaction.exec();
}
