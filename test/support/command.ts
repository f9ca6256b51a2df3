import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `npm run build` makes; `npm test` builds first. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** How a command that ended has ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `kumocast` command as people run it, each time in a directory that goes with the test. */
export class Commands {
  readonly directory = mkdtempSync(join(tmpdir(), 'kumocast-cli-'));
  /** What the commands are given besides the path of programs. */
  readonly env: Record<string, string> = {};
  private readonly running = new Set<RunningCommand>();

  /** @returns the path of a new file with this text */
  write(name: string, text: string): string {
    const file = join(this.directory, name);
    writeFileSync(file, text);
    return file;
  }

  start(...args: readonly string[]): RunningCommand {
    const command = new RunningCommand(
      spawn(process.execPath, [MAIN, ...args], { cwd: this.directory, env: { PATH: process.env.PATH, ...this.env } }),
    );
    this.running.add(command);
    void command.ended.then(() => this.running.delete(command));
    return command;
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return this.start(...args).ended;
  }

  /** Ends what still runs and removes the files. */
  async clear(): Promise<void> {
    const left = [...this.running];
    for (const command of left) command.kill('SIGKILL');
    await Promise.all(left.map(({ ended }) => ended));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class RunningCommand {
  readonly ended: Promise<Outcome>;
  private readonly seen: { out: string; err: string } = { out: '', err: '' };

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.seen.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.seen.err += text));
    this.ended = once(child, 'close').then(([code]) => {
      return { code: code as number | null, stdout: this.seen.out, stderr: this.seen.err };
    });
  }

  /** The URL that the server says it serves, without the version. Rejects when it ends before. */
  async url(): Promise<string> {
    let isOver = false;
    void this.ended.then(() => (isOver = true));
    for (;;) {
      const match = /Serving (http:\/\/\S+)\/v1\//.exec(this.seen.out);
      if (match !== null) return match[1]!;
      if (isOver) throw new Error(`It ended before it served: ${this.seen.err}`);
      await Promise.race([once(this.child.stdout, 'data'), this.ended]);
    }
  }

  /** What it has printed so far. */
  get printed(): string {
    return this.seen.out;
  }

  /** Of the process, while it runs. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything that is ever typed. */
  type(text: string): void {
    this.child.stdin.end(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
