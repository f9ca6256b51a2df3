import type { JsonObject } from '../../../src/wire/json.js';
import type { Connection, Told } from '../../contracts/transport.contract.js';
import { until, type JsonSocket } from './json-socket.js';

/** What a socket hears behind hello, as the contract of transports wants it. */
export class SocketConnection implements Connection {
  private looked = 1;

  /** @param waiting what it has been told already */
  constructor(
    private readonly client: JsonSocket,
    private readonly waiting: Told[],
    private readonly read: (message: JsonObject) => Told | Told[],
  ) {}

  async next(): Promise<Told | undefined> {
    while (this.waiting.length === 0) {
      const hasMore = () => this.client.heard.length > this.looked;
      await until(() => hasMore() || this.client.closed !== undefined, 'a message');
      if (!hasMore()) return undefined;
      this.look();
    }
    return this.waiting.shift();
  }

  arrived(): Promise<Told[]> {
    this.look();
    return Promise.resolve(this.waiting.splice(0));
  }

  drop(): void {
    this.client.ws.terminate();
  }

  private look(): void {
    const messages = this.client.heard.slice(this.looked);
    this.looked = this.client.heard.length;
    this.waiting.push(...messages.flatMap(this.read));
  }
}
