import { WebSocket } from 'ws';
import type { Sender } from './outbox.js';

/**
 * A socket that ends in order: what was queued for it leaves before any close frame. `ws` writes some of these by
 * itself, the moment a client closes or breaks the protocol, while answers to what came right before still wait for
 * the end of the turn.
 */
export class OrderlyWebSocket extends WebSocket {
  queued: Sender | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.queued?.flush();
    super.close(code, reason);
  }
}
