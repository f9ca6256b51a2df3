import {
  UndeliverableChange,
  type ChangeListener,
  type ListenerContext,
  type ListenerDefinition,
} from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import { RedisConnection } from './redis-connection.js';
import { RedisFailures } from './redis-failures.js';
import { RedisMessages, type RedisMessage } from './redis-messages.js';
import { RedisSettings } from './redis.settings.js';

/**
 * How much goes into one transaction, in messages and in characters: Redis serves nobody else while it carries one
 * out, and until then both sides hold it in memory. One request may have changed a hundred thousand objects.
 */
const TRANSACTION = { messages: 1000, characters: 4 * 1024 * 1024 };

/** Hands changes over to Redis: to a list as kinto-redis does, to a stream, or to a channel. */
export const redisListener: ListenerDefinition<RedisSettings> = {
  kind: 'redis',
  settings: RedisSettings,
  create: (settings, context) => new RedisListener(settings, context),
};

class RedisListener implements ChangeListener {
  readonly delivery = 'once-per-cluster';
  readonly batchSize: number;
  private readonly messages: RedisMessages;
  private readonly connection: RedisConnection;
  private readonly failures: RedisFailures;
  private unfinished: { readonly changeId: string; readonly sent: number } | undefined;

  constructor(settings: Readonly<RedisSettings>, { payload }: ListenerContext) {
    const { url, timeout, batch } = settings;
    this.batchSize = batch;
    this.messages = new RedisMessages(settings, payload);
    this.connection = new RedisConnection({ url, timeout });
    this.failures = new RedisFailures(url, timeout, this.messages.hasOneKey);
  }

  /** A change of thousands of objects may need several tries: each goes on where the last one stopped. */
  async afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> {
    let sent = this.progressOf(change);
    let refusal: UndeliverableChange | undefined;
    for (const messages of transactionsOf(skipped(sent, this.messages.of(change)))) {
      try {
        await this.send(messages, cutOff);
      } catch (error) {
        // One key that is refused is no reason to withhold what goes to others.
        if (!(error instanceof UndeliverableChange)) throw error;
        refusal ??= error;
      }
      sent += messages.length;
      this.unfinished = { changeId: change.id, sent };
    }
    this.unfinished = undefined;
    if (refusal !== undefined) throw refusal;
  }

  async afterCommits(changes: readonly CommittedChange[], cutOff: AbortSignal): Promise<void> {
    for (const messages of transactionsOf(this.allOf(changes))) await this.send(messages, cutOff);
  }

  progressOf({ id }: CommittedChange): number {
    return this.unfinished?.changeId === id ? this.unfinished.sent : 0;
  }

  close(): void {
    this.connection.close();
  }

  private *allOf(changes: readonly CommittedChange[]): Generator<RedisMessage> {
    for (const change of changes) yield* this.messages.of(change);
  }

  private async send(messages: readonly RedisMessage[], cutOff: AbortSignal | undefined): Promise<void> {
    const commands = [...messages.map(({ command }) => command), ...this.messages.trims(messages)];
    await this.connection.send(commands, cutOff).catch((error: unknown) => {
      cutOff?.throwIfAborted();
      throw this.failures.of(error);
    });
  }
}

function* skipped(count: number, messages: Iterable<RedisMessage>): Generator<RedisMessage> {
  for (const message of messages) {
    if (count-- <= 0) yield message;
  }
}

function* transactionsOf(messages: Iterable<RedisMessage>): Generator<RedisMessage[]> {
  let [transaction, characters]: [RedisMessage[], number] = [[], 0];
  for (const message of messages) {
    transaction.push(message);
    for (const part of message.command) characters += part.length;
    if (transaction.length < TRANSACTION.messages && characters < TRANSACTION.characters) continue;
    yield transaction;
    [transaction, characters] = [[], 0];
  }
  if (transaction.length > 0) yield transaction;
}
