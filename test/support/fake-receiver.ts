import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the receiver does with a request; `hang` never answers, `cut` ends the connection. */
export type Reaction =
  | 'hang'
  | 'cut'
  /** A status and the beginning of a body that never ends. */
  | { readonly status: number; readonly begun: string }
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };

const TAKEN: Reaction = { status: 204 };

/** An HTTP server that keeps what it gets and answers 204, unless it was told how to react. */
export class FakeReceiver {
  readonly received: Received[] = [];
  /** Taken one after another, for the next requests. */
  readonly reactions: Reaction[] = [];
  /** How many connections were ever made. */
  connections = 0;
  /** How many requests were at most under way at once. */
  mostAtOnce = 0;
  private underWay = 0;
  private readonly held: (() => void)[] = [];
  private isHolding = false;

  private constructor(private readonly server: Server) {
    server.on('connection', () => (this.connections += 1));
    server.on('request', (request, response) => {
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.underWay);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        this.received.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
        if (this.isHolding) this.held.push(() => this.react(response));
        else this.react(response);
      });
    });
  }

  static async open(host = '127.0.0.1'): Promise<FakeReceiver> {
    const receiver = new FakeReceiver(createServer());
    await new Promise<void>((resolve, reject) => {
      receiver.server.once('error', reject);
      receiver.server.listen(0, host, resolve);
    });
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on nothing is answered, until it is released. */
  hold(): void {
    this.isHolding = true;
  }

  release(): void {
    this.isHolding = false;
    for (const answer of this.held.splice(0)) answer();
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private react(response: ServerResponse): void {
    const reaction = this.reactions.shift() ?? TAKEN;
    response.on('close', () => (this.underWay -= 1));
    if (reaction === 'hang') return;
    if (reaction === 'cut') response.socket?.destroy();
    else if ('begun' in reaction) response.writeHead(reaction.status).write(reaction.begun);
    else response.writeHead(reaction.status, reaction.headers).end(reaction.body);
  }
}
