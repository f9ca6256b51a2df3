import type { Socket } from 'socket.io';

type Connection = Socket['conn'];

export interface OutboxLimits {
  readonly bufferBytes: number;
  /** In seconds. */
  readonly drainTimeout: number;
}

/**
 * What waits for one connection, whichever of its namespaces it belongs to. Whoever reads slowly is told nothing more
 * until there is room, and is let go when nothing leaves for too long.
 */
export class Outbox {
  private static readonly known = new WeakMap<Connection, Outbox>();

  /** Given to the connection, not yet to its transport. */
  private queued = 0;
  /** Given to the transport, which has not said yet that it is gone. */
  private flying = 0;
  private patience: NodeJS.Timeout | undefined;
  private readonly waiting = new Set<() => void>();

  static of(connection: Connection, limits: OutboxLimits): Outbox {
    let outbox = Outbox.known.get(connection);
    if (outbox === undefined) {
      outbox = new Outbox(connection, limits);
      Outbox.known.set(connection, outbox);
    }
    return outbox;
  }

  private constructor(
    private readonly connection: Connection,
    private readonly limits: OutboxLimits,
  ) {
    connection.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
      if (data !== undefined) this.queued += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    });
    connection.on('flush', () => {
      this.flying += this.queued;
      this.queued = 0;
    });
    connection.on('upgrade', () => this.watchTransport());
    connection.on('close', () => {
      clearTimeout(this.patience);
      this.waiting.clear();
    });
    this.watchTransport();
  }

  get hasRoom(): boolean {
    const isFull = this.queued + this.flying > this.limits.bufferBytes;
    if (isFull) this.patience ??= setTimeout(() => this.giveUp(), this.limits.drainTimeout * 1000).unref();
    return !isFull;
  }

  /** Calls it whenever there is room again. @returns what ends that */
  whenRoom(resume: () => void): () => void {
    this.waiting.add(resume);
    return () => this.waiting.delete(resume);
  }

  /** Ends the connection so that its client connects again. */
  giveUp(): void {
    this.connection.close(true);
  }

  private watchTransport(): void {
    this.flying = 0;
    this.connection.transport.on('drain', () => {
      this.flying = 0;
      clearTimeout(this.patience);
      this.patience = undefined;
      // The connection hands on what is queued first; what is told now comes behind that.
      setImmediate(() => {
        if (this.hasRoom) for (const resume of [...this.waiting]) resume();
      });
    });
  }
}
