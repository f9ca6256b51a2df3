import type { Bus } from './bus.js';
import { Topics } from './topics.js';

/** Between nodes of one process; with one node, nothing is ever sent. */
export class MemoryBus implements Bus {
  readonly isConnected = true;
  private readonly topics = new Topics();

  /** @param nodes the buses of all nodes; this one joins them */
  constructor(private readonly nodes: Set<MemoryBus> = new Set()) {
    nodes.add(this);
  }

  publish(topic: string, text: string): void {
    if (!this.nodes.has(this)) return;
    for (const other of this.nodes) {
      // A turn later, as from somewhere else.
      if (other !== this) setImmediate(() => this.nodes.has(other) && other.topics.tell(topic, text));
    }
  }

  subscribe(topic: string, listener: (text: string) => void): () => void {
    return this.topics.add(topic, listener);
  }

  onReconnect(): void {
    // It is never lost.
  }

  close(): Promise<void> {
    this.nodes.delete(this);
    return Promise.resolve();
  }
}
