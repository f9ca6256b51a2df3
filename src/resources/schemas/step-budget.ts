import { UnusableSchema } from './failure.js';

/**
 * How much work one check of one object may be: a step is a keyword applied to a value, or an element looked at. The
 * writer of a schema decides what everybody's records are checked with, inside the transaction all other writers wait
 * for: a few references that each lead to two others would take longer than anybody lives. A million steps are about
 * half a second; a record of a hundred fields takes a few hundred.
 */
export const MAX_STEPS = 1_000_000;

/** How deep schemas may follow one another. The stack ends at about twice that; Kinto fails (500) earlier. */
export const MAX_LEVELS = 500;

/** The work that is left for one check. */
export class StepBudget {
  private left = MAX_STEPS;
  private levels = 0;

  /** @throws UnusableSchema when that is too much */
  spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw new UnusableSchema(`Checking this takes more than ${MAX_STEPS} steps`);
  }

  /** @throws UnusableSchema when schemas lead to one another without end */
  descend(): void {
    this.spend(1);
    if (++this.levels > MAX_LEVELS) throw new UnusableSchema(`Schemas are nested deeper than ${MAX_LEVELS} levels`);
  }

  ascend(): void {
    this.levels -= 1;
  }
}
