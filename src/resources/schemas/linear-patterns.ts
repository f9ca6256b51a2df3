import { RE2JS } from 're2js';
import { UnusableSchema } from './failure.js';
import type { StepBudget } from './step-budget.js';

/** Longer ones are refused before anything is compiled. */
const LONGEST_PATTERN = 2000;

/** In instructions: `a{1000}` is about a thousand. Time and memory of a search grow with them. */
const LARGEST_PROGRAM = 4096;

/** How many instructions times characters of a search count as one step; measured, so that steps last equally long. */
const WORK_PER_STEP = 20;

/** Compiling one, in steps: at least, and for each instruction. */
const COMPILE_STEPS = 200;
const COMPILE_STEPS_PER_INSTRUCTION = 2;

/** How many compiled patterns are kept. */
const MAX_KEPT = 128;

/** After so many instructions times characters a pattern forgets its states: they grow to 1 MB at the most. */
const WORK_UNTIL_FORGOTTEN = 131_072;

/**
 * The patterns of users, searched in a time that is linear in the text. JavaScript's own engine takes exponential time
 * for `(a+)+$`; this one knows no look-around and no back-references instead.
 */
export class LinearPatterns {
  /** In the order of their last use. */
  private readonly kept = new Map<string, LinearPattern>();

  /** Whether the pattern can be compiled. */
  isUsable(source: string, budget: StepBudget): boolean {
    return this.find(source, budget) !== undefined;
  }

  /** Whether it matches anywhere in the text. @throws UnusableSchema */
  matches(source: string, text: string, budget: StepBudget): boolean {
    const pattern = this.find(source, budget);
    if (pattern === undefined)
      throw new UnusableSchema(`The pattern ${source.slice(0, LONGEST_PATTERN)} cannot be used`);
    return pattern.isIn(text, budget);
  }

  private find(source: string, budget: StepBudget): LinearPattern | undefined {
    let pattern = this.kept.get(source);
    if (pattern === undefined) {
      budget.spend(COMPILE_STEPS);
      pattern = compile(source);
      if (pattern === undefined) return undefined;
      budget.spend(COMPILE_STEPS_PER_INSTRUCTION * pattern.size);
      const [oldest] = this.kept.keys();
      if (this.kept.size >= MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    } else {
      this.kept.delete(source);
    }
    this.kept.set(source, pattern);
    return pattern;
  }
}

class LinearPattern {
  private work = 0;

  constructor(private readonly program: RE2JS) {}

  /** In instructions. */
  get size(): number {
    return this.program.programSize();
  }

  isIn(text: string, budget: StepBudget): boolean {
    const work = this.size * (text.length + 1);
    budget.spend(1 + Math.ceil(work / WORK_PER_STEP));
    const isFound = this.program.test(text);
    this.work += work;
    if (this.work > WORK_UNTIL_FORGOTTEN) {
      this.program.reset();
      this.work = 0;
    }
    return isFound;
  }
}

function compile(source: string): LinearPattern | undefined {
  if (source.length > LONGEST_PATTERN) return undefined;
  try {
    // What JavaScript and Python both know, such as \u00e9, is spelled otherwise in RE2.
    const program = RE2JS.compile(RE2JS.translateRegExp(source));
    return program.programSize() <= LARGEST_PROGRAM ? new LinearPattern(program) : undefined;
  } catch {
    return undefined;
  }
}
