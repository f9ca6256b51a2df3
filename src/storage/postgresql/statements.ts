import { NEVER_REFUTES } from '../remembered-answers.js';

/** A statement as the server takes it, and whether it only reads. */
export interface NumberedStatement {
  readonly text: string;
  /** Under which each connection prepares it once; `undefined`: it is planned each time. */
  readonly name: string | undefined;
  readonly reads: boolean;
  /** Whether it could make a remembered answer wrong. */
  readonly refutes: boolean;
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
    const numbered = {
      text: withNumbers(text),
      name: this.named < MAX_NAMED ? `kumocast_${(this.named += 1)}` : undefined,
      reads: /^\s*SELECT\b/i.test(text),
      refutes: !NEVER_REFUTES.test(text),
    };
    this.known.set(text, numbered);
    return numbered;
  }

  private forgetUnnamed(): void {
    for (const [text, { name }] of this.known) if (name === undefined) this.known.delete(text);
  }
}

function withNumbers(text: string): string {
  let count = 0;
  return text.replaceAll('?', () => `$${(count += 1)}`);
}
