import { NEVER_REFUTES } from '../remembered-answers.js';
import { APPEND_CHANGES, ADD_ENTRY } from './adding.js';
import type { PendingKind } from './pending-writes.js';

/** A statement as the server takes it, and what it does. */
export interface NumberedStatement {
  readonly text: string;
  /** Under which each connection prepares it once; `undefined`: it is planned each time. */
  readonly name: string | undefined;
  readonly reads: boolean;
  /** Whether it may have to wait for other transactions, or let them wait: it writes, or locks what it reads. */
  readonly locks: boolean;
  /** Whether it could make a remembered answer wrong. */
  readonly refutes: boolean;
  /** As what it may be sent later, together with others. */
  readonly waits: PendingKind | undefined;
  readonly sees: SeenRows;
}

/**
 * Of which tables a statement sees rows, or changes them, as its text tells; rather too many than too few. `'one'`: of
 * one object only, or of one list's counter, which its first parameters name.
 */
export interface SeenRows {
  readonly objects: 'one' | 'any' | undefined;
  readonly entries: 'one' | 'any' | undefined;
  readonly counters: 'one' | 'any' | undefined;
  readonly changes: boolean;
}

/** Each connection of the server keeps what it has prepared: the everyday statements, not every shape of a filter. */
const MAX_NAMED = 300;

/** Filters of list queries make more and more. */
const MAX_KNOWN = 2_000;

/** From `?` to `$1`, once for each text. */
export class Statements {
  private readonly known = new Map<string, NumberedStatement>();
  private named = 0;

  find(text: string): NumberedStatement {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    if (this.known.size >= MAX_KNOWN) this.forgetUnnamed();
    const reads = /^\s*SELECT\b/i.test(text);
    const numbered = {
      text: withNumbers(text),
      name: this.named < MAX_NAMED ? `kumocast_${(this.named += 1)}` : undefined,
      reads,
      locks: !reads || /\bFOR (NO KEY UPDATE|UPDATE|SHARE)\b/.test(text),
      refutes: !NEVER_REFUTES.test(text),
      waits: waitsAs(text),
      sees: seenBy(text),
    };
    this.known.set(text, numbered);
    return numbered;
  }

  private forgetUnnamed(): void {
    for (const [text, { name }] of this.known) if (name === undefined) this.known.delete(text);
  }
}

function waitsAs(text: string): PendingKind | undefined {
  if (text === ADD_ENTRY) return 'entries';
  return text === APPEND_CHANGES ? 'changes' : undefined;
}

const ONE_OBJECT = /^SELECT [\w, ]+ FROM objects\s+WHERE parent_id = \? AND resource_name = \? AND id = \?/;
const ENTRIES_OF_ONE = /^(SELECT [\w, ]+|DELETE) FROM access_control_entries\s+WHERE object_id = \?/;
const ONE_COUNTER = /^SELECT [\w, ]+ FROM timestamps WHERE parent_id = \? AND resource_name = \?/;

/** A statement that looks at rows of one key looks nowhere else: it names its table once. */
function seenBy(text: string): SeenRows {
  const seen = (table: RegExp, one: RegExp) => {
    const times = text.match(table)?.length ?? 0;
    if (times === 0) return undefined;
    return times === 1 && one.test(text) ? 'one' : 'any';
  };
  return {
    objects: seen(/\bobjects\b/g, ONE_OBJECT),
    entries: seen(/\baccess_control_entries\b/g, ENTRIES_OF_ONE),
    counters: seen(/\btimestamps\b/g, ONE_COUNTER),
    changes: /\bchange(s|_entries|_queue|_places)\b/.test(text),
  };
}

function withNumbers(text: string): string {
  let count = 0;
  return text.replaceAll('?', () => `$${(count += 1)}`);
}
