import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const APP = { id: '77', key: 'nodes-key', secret: 'nodes-secret' };

/** What `npm run build` makes, or another build. */
const MAIN = process.env.KUMOCAST_TEST_MAIN ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** How long a server may take to start, in ms. */
const PATIENCE = 60_000;

/** A whole server in a process of its own. */
export class NodeProcess {
  private said = '';
  private readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (this.said += text.toString()));
  }

  static async start(ini: string, env: Readonly<Record<string, string>>): Promise<NodeProcess> {
    const child = spawn(process.execPath, [MAIN, 'start', '--ini', ini, '--port', '0'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => reject(new Error(`It did not start: ${text}`)), PATIENCE);
      const read = (chunk: Buffer) => {
        text += chunk.toString();
        const found = /Serving (http:\S+)\/v1\//.exec(text)?.[1];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', () => reject(new Error(`It ended: ${text}`)));
    });
    return new NodeProcess(child, url);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Everything that it has logged since it serves. */
  get log(): string {
    return this.said;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.child.kill(signal);
    await this.ended;
  }
}

/** Servers on one database, one bus and one cache. */
export class Cluster {
  readonly nodes: NodeProcess[] = [];
  private readonly directory = mkdtempSync(join(tmpdir(), 'kumocast-nodes-'));
  private readonly ini = join(this.directory, 'nodes.ini');

  constructor(settings: string) {
    writeFileSync(this.ini, settings);
  }

  /** @param env what is otherwise for this one */
  async start(env: Readonly<Record<string, string>> = {}): Promise<NodeProcess> {
    const node = await NodeProcess.start(this.ini, env);
    this.nodes.push(node);
    return node;
  }

  /** Ends it and starts another one in its place. */
  async replace(node: NodeProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<NodeProcess> {
    await node.end(signal);
    const next = await NodeProcess.start(this.ini, {});
    this.nodes[this.nodes.indexOf(node)] = next;
    return next;
  }

  /** One that runs, in turn. */
  pick(turn: number): NodeProcess {
    const running = this.nodes.filter(({ isRunning }) => isRunning);
    return running[turn % running.length] ?? this.nodes[0]!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end('SIGKILL')));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function settingsOf({ database, redis, hook }: { database: string; redis: string; hook: string }): string {
  return `[app:main]
multiauth.policies = basicauth
kinto.bucket_create_principals = system.Authenticated
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = ${database}
kinto.storage_pool_size = 10
kinto.cache_backend = kinto.core.cache.redis
kinto.cache_url = ${redis}
kinto.bus_url = ${redis}
kinto.event_listeners = live hook sockets apps users
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.payload = change
kinto.event_listeners.live.resources = record
kinto.event_listeners.hook.use = webhook
kinto.event_listeners.hook.payload = change
kinto.event_listeners.hook.resources = record
kinto.event_listeners.hook.url = ${hook}/changes
kinto.event_listeners.hook.secret = a-secret-of-some-length
kinto.event_listeners.hook.allow_private_addresses = true
channels.app_id = ${APP.id}
channels.key = ${APP.key}
channels.secret = ${APP.secret}
channels.webhook_urls = ${hook}/channels
channels.webhooks.allow_private_addresses = true
channels.webhooks.leave_delay = 0
`;
}
