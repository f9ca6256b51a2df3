import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TriggeredEvent {
  readonly name: string;
  readonly channels: readonly string[];
  readonly data: string;
}

export interface PusherApp {
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** What the host does with the next request; `hang` never answers, `cut` ends the connection. */
export type Answer =
  'hang' | 'cut' | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> };

/** Pusher's HTTP API as far as a publisher sees it: it checks signatures, keeps events, and fails when told to. */
export class FakePusherHost {
  readonly events: TriggeredEvent[] = [];
  /** The paths with their queries: what must not be logged. */
  readonly urls: string[] = [];
  readonly answers: Answer[] = [];
  /** How many events each accepted request had. */
  readonly requests: number[] = [];
  maxEventBytes = 10_240;
  /** How many connections were ever made. */
  connections = 0;

  private constructor(
    private readonly app: PusherApp,
    private readonly server: Server,
  ) {
    server.on('connection', () => (this.connections += 1));
    server.on('request', (request, response) => void this.receive(request, response));
  }

  static async open(app: PusherApp): Promise<FakePusherHost> {
    const host = new FakePusherHost(app, createServer());
    await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', resolve));
    return host;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get signatures(): string[] {
    return this.urls.map((url) => new URL(url, 'http://host').searchParams.get('auth_signature') ?? '');
  }

  async openConnections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_, count) => resolve(count)));
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.urls.push(request.url ?? '');
    const answer = this.answers.shift() ?? this.take(request, body);
    if (answer === 'hang') return;
    if (answer === 'cut') request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  private take(request: IncomingMessage, body: Buffer): Answer {
    const url = new URL(request.url ?? '', 'http://host');
    const path = url.pathname.replace(`/apps/${this.app.id}/`, '');
    if (path !== 'events' && path !== 'batch_events') return { status: 404, body: 'Unknown app\n' };
    const refusal = this.refusal(request.method ?? '', url, body);
    if (refusal !== undefined) return { status: 401, body: refusal };
    const sent = path === 'events' ? [JSON.parse(body.toString()) as TriggeredEvent] : eventsOfBatch(body);
    // All or nothing, as hosted Pusher does it.
    if (sent.length > 10) return { status: 400, body: 'The batch is too large' };
    if (sent.some(({ data }) => Buffer.byteLength(data) > this.maxEventBytes)) {
      return { status: 413, body: 'The data of an event is too large' };
    }
    this.requests.push(sent.length);
    this.events.push(...sent);
    return { status: 200, body: '{}' };
  }

  /** pusher-protocol.md, 5.1. Like hosted Pusher, it repeats the signature it was given. */
  private refusal(method: string, url: URL, body: Buffer): string | undefined {
    const given = url.searchParams.get('auth_signature') ?? '';
    const rest = [...url.searchParams].filter(([name]) => name !== 'auth_signature').sort();
    const text = [method, url.pathname, rest.map(([name, value]) => `${name}=${value}`).join('&')].join('\n');
    const expected = createHmac('sha256', this.app.secret).update(text).digest('hex');
    if (given !== expected) return `Invalid signature: "${text}" is not signed by "${given}"\n`;
    const md5 = createHash('md5').update(body).digest('hex');
    return url.searchParams.get('body_md5') === md5 ? undefined : 'Invalid body_md5\n';
  }
}

function eventsOfBatch(body: Buffer): TriggeredEvent[] {
  const { batch } = JSON.parse(body.toString()) as { batch: { name: string; channel: string; data: string }[] };
  return batch.map(({ name, channel, data }) => ({ name, channels: [channel], data }));
}
