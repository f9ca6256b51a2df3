import { randomBytes } from 'node:crypto';
import { RedisLink, type RedisLinkOptions } from '../outgoing/redis-link.js';
import type { Bus } from './bus.js';
import { Topics } from './topics.js';

/** How long Redis has to answer, in ms: it has nothing to do but to pass on. */
const TIMEOUT = 3_000;

/** How often it is asked whether it is there, in ms: a subscription that is silent may be one that is lost. */
const PING_INTERVAL = 1_000;

/** Between servers, through one channel of a Redis. */
export class RedisBus implements Bus {
  private readonly topics = new Topics();
  private readonly reconnectListeners: (() => void)[] = [];
  /** One that has subscribed may not do anything else. */
  private readonly incoming: RedisLink;
  private readonly outgoing: RedisLink;
  /** So that nobody hears themselves. */
  private readonly id = randomBytes(9).toString('base64url');
  private wasReady = false;

  /** @param channel of Redis, which all nodes share */
  constructor(
    url: string,
    private readonly channel: string,
    log: RedisLinkOptions['log'],
  ) {
    const options = { url, timeout: TIMEOUT, pingInterval: PING_INTERVAL };
    this.outgoing = new RedisLink({ ...options, name: 'The bus', log });
    // One line is enough: both are lost together.
    const quiet = { log: () => undefined, warn: () => undefined };
    this.incoming = new RedisLink({
      ...options,
      name: 'The bus',
      log: quiet,
      prepare: async (client) => client.subscribe(this.channel, (message) => this.hear(message)),
    });
    this.incoming.onReady = () => this.tellReconnected();
    this.outgoing.onReady = () => this.tellReconnected();
  }

  /** Resolves after the first try; where it failed there will be others. */
  async open(): Promise<void> {
    await Promise.all([this.incoming.open(), this.outgoing.open()]);
  }

  get isConnected(): boolean {
    return this.incoming.isReady && this.outgoing.isReady;
  }

  publish(topic: string, text: string): void {
    const message = `${this.id} ${topic} ${text}`;
    void this.outgoing.send((client) => client.publish(this.channel, message)).catch(() => undefined);
  }

  subscribe(topic: string, listener: (text: string) => void): () => void {
    return this.topics.add(topic, listener);
  }

  onReconnect(listener: () => void): void {
    this.reconnectListeners.push(listener);
  }

  async close(): Promise<void> {
    await Promise.all([this.incoming.close(), this.outgoing.close()]);
  }

  private hear(message: string): void {
    const [id, topic] = message.split(' ', 2);
    if (id === undefined || topic === undefined || id === this.id) return;
    this.topics.tell(topic, message.slice(id.length + topic.length + 2));
  }

  private tellReconnected(): void {
    if (!this.isConnected) return;
    const isFirst = !this.wasReady;
    this.wasReady = true;
    if (!isFirst) for (const listener of this.reconnectListeners) listener();
  }
}
