import { MemoryBus } from '../../../src/bus/memory-bus.js';
import type { NodeLink } from '../../../src/realtime/nodes/node-link.js';
import type { RealtimeSettings } from '../../../src/realtime/realtime.settings.js';
import { startServer, type ChannelsServer } from './channels-server.js';

const TOPIC = 'sockets';

/** One of several servers whose channels are the same, and its way to the others. */
export class ChannelsNode implements NodeLink {
  /** Nothing passes, and it does not know. */
  isSilent = false;
  isConnected = true;
  private readonly heard: ((text: string) => void)[] = [];
  private readonly reconnected: (() => void)[] = [];

  constructor(
    readonly server: ChannelsServer,
    private readonly bus: MemoryBus,
  ) {
    bus.subscribe(TOPIC, (text) => {
      if (this.passes) for (const listener of this.heard) listener(text);
    });
  }

  publish(text: string): void {
    if (this.passes) this.bus.publish(TOPIC, text);
  }

  listen(listener: (text: string) => void): void {
    this.heard.push(listener);
  }

  onReconnect(listener: () => void): void {
    this.reconnected.push(listener);
  }

  cutOff(): void {
    this.isConnected = false;
  }

  comeBack(): void {
    this.isConnected = true;
    for (const listener of this.reconnected) listener();
  }

  private get passes(): boolean {
    return this.isConnected && !this.isSilent;
  }
}

/** Servers whose channels are the same. */
export class ChannelsNodes {
  private buses = new Set<MemoryBus>();
  private nodes: ChannelsNode[] = [];

  /** @param timeout after how long a silence the others are taken for gone, in ms */
  async start(timeout = 30_000, changes: Partial<RealtimeSettings> = {}): Promise<ChannelsNode> {
    const server = await startServer(changes);
    const node = new ChannelsNode(server, new MemoryBus(this.buses));
    this.nodes.push(node);
    // One tells what all of them see.
    server.events.isTeller = () => this.nodes[0] === node;
    server.neighbours.open(node, { id: `node-${this.nodes.length}`, timeout });
    return node;
  }

  async stop(node: ChannelsNode): Promise<void> {
    this.nodes = this.nodes.filter((one) => one !== node);
    await node.server.close();
    node.server.neighbours.close();
  }

  async stopAll(): Promise<void> {
    for (const node of [...this.nodes]) await this.stop(node);
    this.buses = new Set();
  }
}
