import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** `describe`, skipped where there is no Redis; its title should say `[needs redis]`. */
export const describeWithRedis = hasRedis ? describe : describe.skip;

/** Somebody else may take the port that was free a moment ago. */
const STARTS = 5;

/** A Redis of the test's own, on a free port. What it has answered is on disk: it may be killed and started again. */
export class RedisServer {
  private process: ChildProcess | undefined;
  private readonly clients: { destroy(): void }[] = [];

  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
    private readonly directory: string,
  ) {}

  /** @param options as on the command line: `['--requirepass', 'secret']` */
  static async start(options: readonly string[] = []): Promise<RedisServer> {
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-redis-'));
    for (let starts = 1; ; starts++) {
      const server = new RedisServer(await freePort(), options, directory);
      try {
        await server.startAgain();
        return server;
      } catch (error) {
        if (starts < STARTS) continue;
        rmSync(directory, { recursive: true });
        throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** After `kill`: on the same port, with what it had. */
  async startAgain(): Promise<void> {
    const child = spawn(
      'redis-server',
      [
        ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory],
        ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always', ...this.options],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.process = child;
    await new Promise<void>((resolve, reject) => {
      let text = '';
      const read = (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('Ready to accept connections')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`redis-server ended: ${text}`)));
    });
  }

  /** As a crash does it. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** It answers nothing any more, and its connections stay. */
  pause(): void {
    this.process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.process?.kill('SIGCONT');
  }

  /** A connection of the test's own. */
  async connect(url = this.url) {
    const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    this.clients.push(client);
    await client.connect();
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
