import { RememberedAnswers } from '../remembered-answers.js';
import type { SqlValue } from '../sql-session.js';
import { LockedCounters } from './locked-counters.js';
import { ObjectsAbove } from './objects-above.js';
import { PendingWrites, type PendingMark } from './pending-writes.js';
import type { NumberedStatement } from './statements.js';

/** A moment in a transaction, to come back to. */
export interface TransactionMark {
  readonly pending: PendingMark;
  readonly counters: number;
}

export interface TransactionOptions {
  /** Whether what its units add may be sent later, together. */
  readonly defers?: boolean;
  /** Whether it has lists locked that some unit of it knows nothing of. */
  readonly isShared?: boolean;
}

/** What one open transaction knows of the database, and what the database has yet to be told; for all of its units. */
export class TransactionState {
  readonly answers = new RememberedAnswers();
  readonly pending = new PendingWrites();
  readonly counters = new LockedCounters();
  readonly above = new ObjectsAbove();
  readonly defers: boolean;
  readonly isShared: boolean;

  constructor({ defers = false, isShared = false }: TransactionOptions = {}) {
    this.defers = defers;
    this.isShared = isShared;
  }

  mark(): TransactionMark {
    return { pending: this.pending.mark(), counters: this.counters.mark() };
  }

  /** Whether the server has been told something of what came since. */
  hasSentSince({ pending, counters }: TransactionMark): boolean {
    return this.pending.hasSentSince(pending) || this.counters.hasSentSince(counters);
  }

  /** Everything since has been undone, as far as the server was told of it. */
  rewind({ pending, counters }: TransactionMark): void {
    this.pending.drop(pending);
    this.counters.rewind(counters);
    this.answers.forget();
  }

  /** Whether the statement would see, or change, what the server has yet to be told. */
  concerns({ sees }: NumberedStatement, [first, second, third]: readonly SqlValue[]): boolean {
    const { pending, counters } = this;
    const { objects, entries, changes } = pending.counts;
    if (objects > 0 && (sees.objects === 'any' || (sees.objects === 'one' && pending.hasObject(first, second, third))))
      return true;
    if (entries > 0 && (sees.entries === 'any' || (sees.entries === 'one' && pending.hasEntriesOf(first)))) return true;
    if (changes > 0 && sees.changes) return true;
    if (sees.counters === undefined || !counters.lags()) return false;
    return sees.counters === 'any' || counters.lags({ parentId: String(first), resourceName: String(second) });
  }
}
