import { readFileSync } from 'node:fs';
import type { Storage } from '../../src/storage/storage.js';
import { Commands, type RunningCommand } from './command.js';
import { found } from './found.js';
import { TestServer } from './server.js';

const INI = `[app:main]
multiauth.policies = basicauth
kinto.storage_backend = sqlite
kinto.storage_url = kumocast.sqlite
`;

const MEMORY_ON_SIGNAL = new URL('./memory-on-signal.mjs', import.meta.url).href;

const IN_USE = /In use: (\d+) bytes/g;

/** What is asked of a server from within its process cannot be asked of one in another. */
const elsewhere = (): never => {
  throw new Error('The server is in a process of its own');
};

/** A server in a process of its own, so that what that process holds is the server's. */
export class ServerProcess {
  private constructor(
    private readonly commands: Commands,
    private readonly running: RunningCommand,
    readonly server: TestServer,
  ) {}

  /** @param heapMegabytes what JavaScript may have: without a limit the garbage collector lets it grow and grow */
  static async start(ini: string, heapMegabytes: number): Promise<ServerProcess> {
    const commands = new Commands();
    commands.env.NODE_OPTIONS = `--max-old-space-size=${heapMegabytes} --import=${MEMORY_ON_SIGNAL}`;
    const file = commands.write('server.ini', `${INI}${ini}\n`);
    const running = commands.start('start', '--ini', file, '--port', '0');
    try {
      return new ServerProcess(commands, running, serverAt(await running.url()));
    } catch (error) {
      await commands.clear();
      throw error;
    }
  }

  /** The most memory that the process has ever had, in bytes. Linux alone says so. */
  get peakMemory(): number {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.running.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  }

  /** What is held at most by what is still in use, in bytes. */
  async memoryInUse(): Promise<number> {
    const before = this.saidInUse.length;
    this.running.kill('SIGUSR2');
    return found(async () => this.saidInUse[before], 'how much memory is in use');
  }

  private get saidInUse(): number[] {
    return Array.from(this.running.printed.matchAll(IN_USE), ([, bytes]) => Number(bytes));
  }

  async close(): Promise<void> {
    await this.commands.clear();
  }
}

/** A server as seen from outside. @param url without the version */
export function serverAt(url: string): TestServer {
  return new TestServer({
    url,
    port: Number(new URL(url).port),
    get storage(): Storage {
      return elsewhere();
    },
    reload: elsewhere,
    close: elsewhere,
  });
}
