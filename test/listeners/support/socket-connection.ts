import type { JsonObject } from '../../../src/wire/json.js';
import { LookingConnection } from '../../contracts/looking-connection.js';
import type { Told } from '../../contracts/transport.contract.js';
import { until, type JsonSocket } from './json-socket.js';

/** What a socket hears behind hello, as the contract of transports wants it. */
export class SocketConnection extends LookingConnection<JsonObject> {
  /** @param waiting what it has been told already */
  constructor(
    private readonly client: JsonSocket,
    waiting: Told[],
    protected readonly read: (message: JsonObject) => Told | Told[],
  ) {
    super(waiting, 1);
  }

  protected get heard(): readonly JsonObject[] {
    return this.client.heard;
  }

  protected untilHeard(isMore: () => boolean): Promise<void> {
    return until(() => isMore() || this.client.closed !== undefined, 'a message');
  }

  drop(): void {
    this.client.ws.terminate();
  }
}
