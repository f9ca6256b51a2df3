import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './step.js';

/** Python is slow to start on a busy machine. */
const START_MS = 60_000;

/** A request that takes longer has hung. */
const ANSWER_MS = 20_000;

const CLOSED = 'The connection was closed';

/** What goes over the wire, every placeholder filled. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** A server in a process of its own, asked over one connection. */
export class Peer {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly said: { text: string },
  ) {}

  /**
   * @param command made of the port it is to listen on
   * @throws Error with what the process said when it ends or does not answer in time
   */
  static async start(
    name: string,
    directory: string,
    ini: string,
    command: (port: number) => readonly string[],
  ): Promise<Peer> {
    const port = await findPort();
    const [program, ...args] = command(port);
    // Nothing of ours is handed on: both servers read settings from the environment.
    const child = spawn(program!, args, {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, TZ: 'UTC', KINTO_INI: ini },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { text: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said.text = (said.text + text).slice(-20_000)));
    }
    const peer = new Peer(name, port, child, said);
    try {
      await peer.ensureAnswers();
    } catch (error) {
      await peer.stop();
      throw error;
    }
    return peer;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The end of what the process printed. */
  get output(): string {
    return this.said.text;
  }

  /** @throws Error when there is no answer */
  async send(request: WireRequest): Promise<Answer> {
    try {
      // A connection that the server had closed before it read anything; once more, on another one.
      return await this.sendOnce(request).catch((error: unknown) => {
        if (error instanceof Error && error.message === CLOSED) return this.sendOnce(request);
        throw error;
      });
    } catch (error) {
      throw new Error(`${this.name} does not answer ${request.method} ${request.path}`, { cause: error });
    }
  }

  private sendOnce({ method, path, headers, body }: WireRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.from(body);
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: this.port,
          agent: this.agent,
          method,
          path,
          headers: { ...headers, ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, headers: headersOf(response.rawHeaders), text });
          });
        },
      );
      sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error('It hangs')));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new Error(CLOSED) : error);
      });
      sent.end(bytes);
    });
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    // Kinto's main thread may wait for its workers; it has nothing that must be kept.
    const late = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(late);
  }

  private async ensureAnswers(): Promise<void> {
    const until = Date.now() + START_MS;
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`${this.name} does not start:\n${this.output.trim()}`);
      try {
        // Whatever it answers: a service that has ended is one to compare, too.
        await this.send({ method: 'GET', path: '/v1/__lbheartbeat__', headers: {}, body: undefined });
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        await pause(50);
      }
    }
  }
}

function headersOf(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? raw[index + 1]! : `${before}\n${raw[index + 1]!}`);
  }
  return headers;
}

/** One that was free a moment ago: Kinto does not say which port it got for 0. */
async function findPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port');
  return address.port;
}
