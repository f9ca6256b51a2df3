import type { SqlSession } from '../storage/sql-session.js';

/** The right to do something that one node at a time may do. */
export interface Lease {
  /**
   * Whether it is held at this very moment. It ends here before it ends for the others, so who stops as soon as it is
   * not held is never at work together with the next holder.
   */
  readonly isHeld: boolean;
  /**
   * To be called in the unit of work that writes down what was done: should the process have stood still for longer
   * than it knows, another one may have gone on from here meanwhile.
   *
   * @throws LeaseLost
   */
  ensureHeld(sql: SqlSession): Promise<void>;
  /** Gives it back at once, and does not ask for it again. To be called when nothing is done under it any more. */
  release(): Promise<void>;
}

/** Who would like to have a lease. Neither method may throw or take long. */
export interface LeaseTaker {
  /** From now on it is theirs. */
  won?(lease: Lease): void;
  /** It could not be renewed: whatever is being done under it must end now. */
  lost?(): void;
}

/** Where leases are had from. */
export interface Leases {
  /** Asks for it until it is released. Resolves after the first try, won or not. */
  take(name: string, taker: LeaseTaker): Promise<Lease>;
  /** Whether some node holds it at this moment, this one or another. */
  isTaken(sql: SqlSession, name: string): Promise<boolean>;
}

/** Somebody else does now what was done here. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Of a process that has the database for itself. */
export const HELD: Lease = {
  isHeld: true,
  ensureHeld: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

/** Where there is one process, everything is its own, and the database is not asked. */
export const ONE_PROCESS: Leases = {
  take: (_name, taker) => {
    taker.won?.(HELD);
    return Promise.resolve(HELD);
  },
  isTaken: () => Promise.resolve(false),
};
