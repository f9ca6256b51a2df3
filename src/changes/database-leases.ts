import type { Logger } from '@nestjs/common';
import { leases } from '../storage/leases.js';
import type { SqlSession } from '../storage/sql-session.js';
import type { Storage } from '../storage/storage.js';
import { LeaseLost, type Lease, type Leases, type LeaseTaker } from './lease.js';
import { describe } from './registered-listener.js';

/** How often the table is looked at in the time of one lease. */
const LOOKS = 6;

/** A holder renews when this part of its time is over, so that one or two tries may fail. */
const RENEWED_AFTER = 1 / 4;

/** A holder stops when this part is left: what it is in the middle of has so long to end. */
const MARGIN = 1 / 6;

/** Leases in the database that all nodes work on, each a row with the moment of its end. */
export class DatabaseLeases implements Leases {
  private readonly wanted = new Map<string, DatabaseLease>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private isFailing = false;
  /** Called when one was given back: somebody may want it at once. */
  onGivenBack: (() => void) | undefined;

  /**
   * @param holder another one for each process, also for one that is started again
   * @param length of a lease, in ms
   */
  constructor(
    private readonly storage: Storage,
    private readonly holder: string,
    private readonly length: number,
    private readonly log: Pick<Logger, 'log' | 'warn'>,
  ) {}

  open(): void {
    this.timer = setInterval(() => void this.look(), this.length / LOOKS);
    this.timer.unref();
  }

  /** Takes what is free, renews what is due. Also to be called when somebody may have given something back. */
  look(): Promise<void> {
    // Who asks while somebody looks shares their answer; the next look is never far.
    this.looking ??= this.lookNow().finally(() => (this.looking = undefined));
    return this.looking;
  }

  async take(name: string, taker: LeaseTaker): Promise<Lease> {
    if (this.wanted.has(name)) throw new Error(`${name} is wanted twice in one process`);
    const { storage, holder } = this;
    const forget = async () => {
      this.wanted.delete(name);
      // Who is looking may be about to take it once more.
      await this.looking;
    };
    const givenBack = () => this.onGivenBack?.();
    const lease = new DatabaseLease({ name, storage, holder, forget, givenBack }, taker);
    this.wanted.set(name, lease);
    await this.looking;
    await this.look();
    return lease;
  }

  isTaken(sql: SqlSession, name: string): Promise<boolean> {
    return leases.isHeld(sql, name);
  }

  /** Those that were not released end by themselves. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.looking;
  }

  private async lookNow(): Promise<void> {
    try {
      const names = await this.namesToTake();
      if (names.length > 0) await this.takeAll(names);
      if (this.isFailing) this.log.log('The leases can be renewed again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.log.warn(`The leases cannot be renewed: ${describe(error)}`);
      this.isFailing = true;
    }
  }

  /** In one order on every node, so that no two wait for each other's rows. */
  private async namesToTake(): Promise<string[]> {
    const due = this.length * (1 - RENEWED_AFTER);
    const rows = await this.storage.read(({ sql }) => leases.all(sql));
    const others = new Set(rows.filter(({ holder, left }) => holder !== this.holder && left > 0).map((r) => r.name));
    return [...this.wanted.values()]
      .filter((lease) => (lease.isHeld ? lease.left < due : !others.has(lease.name)))
      .map(({ name }) => name)
      .sort();
  }

  private async takeAll(names: readonly string[]): Promise<void> {
    // Before the database is asked: so the end here is before the end there, however long the answer takes.
    const asked = performance.now();
    const taken = await this.storage.write(async ({ sql }) => {
      const got = new Set<string>();
      for (const name of names) if (await leases.take(sql, name, this.holder, this.length)) got.add(name);
      return got;
    });
    const until = asked + this.length * (1 - MARGIN);
    for (const name of names) {
      const lease = this.wanted.get(name);
      // Released meanwhile: then it has been, or will be, given back by that.
      if (lease === undefined) continue;
      if (taken.has(name)) lease.holdUntil(until);
      else lease.lose();
    }
  }
}

interface LeaseParts {
  readonly name: string;
  readonly storage: Storage;
  readonly holder: string;
  readonly forget: () => Promise<void>;
  readonly givenBack: () => void;
}

class DatabaseLease implements Lease {
  /** On the clock of `performance.now()`, which nobody sets; 0: it is not held. */
  private until = 0;
  private end: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: LeaseParts,
    private readonly taker: LeaseTaker,
  ) {}

  get name(): string {
    return this.parts.name;
  }

  get isHeld(): boolean {
    return performance.now() < this.until;
  }

  /** In ms, without the margin. */
  get left(): number {
    return this.until - performance.now();
  }

  holdUntil(until: number): void {
    if (until <= performance.now()) return this.lose();
    const isNew = this.until === 0;
    this.until = until;
    clearTimeout(this.end);
    this.end = setTimeout(() => this.lose(), this.left);
    this.end.unref();
    if (isNew) this.taker.won?.(this);
  }

  lose(): void {
    clearTimeout(this.end);
    if (this.until === 0) return;
    this.until = 0;
    this.taker.lost?.();
  }

  async ensureHeld(sql: SqlSession): Promise<void> {
    const { name, holder } = this.parts;
    if (this.isHeld && (await leases.isHeldBy(sql, name, holder))) return;
    throw new LeaseLost(`another server has gone on with ${name}`);
  }

  async release(): Promise<void> {
    const { name, storage, holder, forget, givenBack } = this.parts;
    clearTimeout(this.end);
    this.until = 0;
    await forget();
    // It ends by itself where the database does not answer.
    await storage.write(({ sql }) => leases.giveBack(sql, name, holder)).then(givenBack, () => undefined);
  }
}
