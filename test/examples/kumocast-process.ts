import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json: examples are run from there, as their documentation says. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** How long a program may take to say what is waited for, in ms. */
const PATIENCE = 60_000;

/** A program that runs beside the test, with everything it has said. */
export class Program {
  private output = '';
  private readonly heard = new Set<() => void>();

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const hear of this.heard) hear();
      });
    }
  }

  /** @param environment on top of what a program needs to run; nothing else of ours is handed on */
  static start(file: string, args: readonly string[], environment: Record<string, string> = {}): Program {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...environment };
    return new Program(spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  static node(args: readonly string[], environment: Record<string, string> = {}): Program {
    return Program.start(process.execPath, args, environment);
  }

  get text(): string {
    return this.output;
  }

  /** The first match in what it says. @throws Error with all that it said instead */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.output);
        if (match !== null) end(() => resolve(match));
      };
      const giveUp = () => end(() => reject(new Error(`It did not say ${pattern.source}, but: ${this.output}`)));
      const timer = setTimeout(giveUp, PATIENCE);
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.heard.delete(look);
        this.child.off('close', giveUp);
        settle();
      };
      this.heard.add(look);
      this.child.once('close', giveUp);
      look();
    });
  }

  /** The exit code, once it has ended by itself and everything it said is here. */
  async ended(): Promise<number | null> {
    if (!this.isClosed) await new Promise((resolve) => this.child.once('close', resolve));
    return this.child.exitCode;
  }

  async interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended();
  }

  private get isClosed(): boolean {
    const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
    return hasEnded && this.child.stdout?.readableEnded !== false;
  }
}

export interface ServerProcess {
  /** e.g. `http://127.0.0.1:40123` */
  readonly url: string;
  stop(): Promise<void>;
}

/** `kumocast start` with the settings of `npm start`, on a free port and a database of its own. */
export async function startServerProcess(): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'kumocast-examples-'));
  const program = Program.node(['dist/main.js', 'start', '--ini', 'config/kumocast.ini', '--port', '0'], {
    KINTO_STORAGE_URL: join(directory, 'kumocast.sqlite'),
  });
  const stop = async () => {
    await program.interrupt();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const [, url] = await program.said(/Serving (http:\S+)\/v1\//);
    return { url: url!, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
