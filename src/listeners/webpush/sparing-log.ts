/** What the listener needs of a logger. */
export interface WebPushLog {
  log(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

const LEVELS = ['error', 'warn', 'log'] as const;

/** So many lines of one level are logged for one try; thousands of subscriptions may be gone at once. */
const MOST_LINES = 3;

/** Speaks in the name of one listener, and counts what would be too much. */
export class SparingLog implements WebPushLog {
  private readonly lines = { error: 0, warn: 0, log: 0 };

  constructor(
    private readonly name: string,
    private readonly target: WebPushLog,
  ) {}

  log(line: string): void {
    this.say('log', line);
  }

  warn(line: string): void {
    this.say('warn', line);
  }

  error(line: string): void {
    this.say('error', line);
  }

  /** One try is over: says how much was left out. */
  turn(): void {
    for (const level of LEVELS) {
      const more = this.lines[level] - MOST_LINES;
      this.lines[level] = 0;
      if (more > 0) this.target[level](`Listener ${this.name}: and ${more} more like these`);
    }
  }

  private say(level: (typeof LEVELS)[number], line: string): void {
    this.lines[level] += 1;
    if (this.lines[level] <= MOST_LINES) this.target[level](`Listener ${this.name}: ${line}`);
  }
}
