import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { Bus } from './bus/bus.js';
import type { BusSettings } from './bus/bus.settings.js';
import { MemoryBus } from './bus/memory-bus.js';
import { openBus } from './bus/open-bus.js';
import { DatabaseLeases } from './changes/database-leases.js';
import { ONE_PROCESS, type Leases } from './changes/lease.js';
import type { LeaseSettings } from './changes/lease.settings.js';
import type { NodeLink } from './realtime/nodes/node-link.js';
import type { ClosableStorage } from './storage/open-storage.js';

/** How long commits are gathered before others are told that there were some, in ms. */
const HINT_PAUSE = 5;

const TOPICS = { log: 'log', leases: 'leases', sockets: 'sockets' } as const;

/** What this server shares with others that work on the same database; with a database of its own, nothing. */
export class Nodes {
  /** Another one for each start. */
  readonly id = randomBytes(9).toString('base64url');
  private hasBus = false;
  private readonly databaseLeases: DatabaseLeases | undefined;
  private hint: NodeJS.Timeout | undefined;
  private readonly farewells: (() => void)[] = [];

  constructor(
    storage: ClosableStorage,
    readonly bus: Bus,
    { lease }: LeaseSettings,
    log = new Logger('nodes'),
  ) {
    const { shared } = storage;
    if (shared === undefined) return;
    this.databaseLeases = new DatabaseLeases(storage, this.id, lease, log);
    this.databaseLeases.onGivenBack = () => bus.publish(TOPICS.leases, '');
    bus.subscribe(TOPICS.leases, () => void this.databaseLeases?.look());
    // Only a hint: what is lost of it is found by polling.
    shared.onOwnCommit(() => this.tellGrown());
    bus.subscribe(TOPICS.log, () => shared.look());
    bus.onReconnect(() => shared.look());
  }

  /** A bus is opened only where there may be others. */
  static async open(storage: ClosableStorage, settings: { bus: BusSettings; leases: LeaseSettings }): Promise<Nodes> {
    const bus = storage.shared === undefined ? new MemoryBus() : await openBus(settings.bus, new Logger('nodes'));
    const nodes = new Nodes(storage, bus, settings.leases);
    nodes.hasBus = storage.shared !== undefined && settings.bus.url !== '';
    return nodes;
  }

  get leases(): Leases {
    return this.databaseLeases ?? ONE_PROCESS;
  }

  open(): void {
    this.databaseLeases?.open();
  }

  /** The way of what sockets are told; `undefined`: each server has channels of its own. */
  get socketLink(): NodeLink | undefined {
    const { bus } = this;
    if (!this.hasBus) return undefined;
    return {
      get isConnected() {
        return bus.isConnected;
      },
      publish: (text) => bus.publish(TOPICS.sockets, text),
      listen: (listener) => bus.subscribe(TOPICS.sockets, listener),
      onReconnect: (listener) => bus.onReconnect(listener),
    };
  }

  /** @param say called before the way to others is closed */
  atEnd(say: () => void): void {
    this.farewells.push(say);
  }

  /** To be called when everything that held a lease has ended. */
  async close(): Promise<void> {
    for (const say of this.farewells) say();
    clearTimeout(this.hint);
    await this.databaseLeases?.close();
    await this.bus.close();
  }

  private tellGrown(): void {
    this.hint ??= setTimeout(() => {
      this.hint = undefined;
      this.bus.publish(TOPICS.log, '');
    }, HINT_PAUSE);
  }
}
