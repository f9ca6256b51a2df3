import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether there is a Python that can make environments for packages. */
export function hasPython(): boolean {
  return (
    process.env.KINTO_HTTP_VENV !== undefined || spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0
  );
}

/** A Python with a package, made for the occasion unless KINTO_HTTP_VENV names one that has it. */
export class Python {
  private constructor(
    private readonly program: string,
    private readonly directory: string | undefined,
  ) {}

  /** @throws Error when the packages cannot be had */
  static withKintoHttp(): Promise<Python> {
    return Python.with('kinto-http==11.11.0');
  }

  /** @throws Error when the packages cannot be had */
  static withPusher(): Promise<Python> {
    return Python.with('pusher==3.3.4');
  }

  private static async with(requirement: string): Promise<Python> {
    const given = process.env.KINTO_HTTP_VENV;
    if (given !== undefined) return new Python(join(given, 'bin', 'python'), undefined);
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-python-'));
    const program = join(directory, 'bin', 'python');
    await run('python3', ['-m', 'venv', directory]);
    await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
    return new Python(program, directory);
  }

  /**
   * @returns what the program printed
   * @throws Error with what it printed, when it fails
   */
  async run(script: string, ...args: readonly string[]): Promise<string> {
    return (await run(this.program, [script, ...args])).stdout;
  }

  close(): void {
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}
