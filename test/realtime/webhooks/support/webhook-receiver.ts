import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChannelEvent } from '../../../../src/realtime/channel-events.js';

export interface Received {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: string;
  /** Whether it was answered with a 2xx. */
  readonly isTaken: boolean;
}

/** How one request is answered: a status, or not at all. */
export type Reply = number | 'never' | { readonly redirectTo: string };

/** An app's own server, as far as webhooks are concerned: real HTTP on a free port. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Those of the coming requests, one after another; then they are answered with 200. */
  replies: Reply[] = [];
  /** Answers everything with this while it is set. */
  always: Reply | undefined;

  private constructor(private readonly server: Server) {}

  static async start(port = 0): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const reply = receiver.always ?? receiver.replies.shift() ?? 200;
        const { url = '', method = '', headers } = request;
        const isTaken = typeof reply === 'number' && reply >= 200 && reply < 300;
        receiver.received.push({ path: url, method, headers, rawBody: Buffer.concat(chunks).toString(), isTaken });
        answer(response, reply);
      });
    });
    const receiver = new WebhookReceiver(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** The events that were taken, in the order they came; of one path, or of all. */
  events(path?: string): ChannelEvent[] {
    return this.received
      .filter((request) => request.isTaken && (path === undefined || request.path === path))
      .flatMap(({ rawBody }) => (JSON.parse(rawBody) as { events: ChannelEvent[] }).events);
  }

  /** The same, each as `channel_occupied a`. */
  told(path?: string): string[] {
    return this.events(path).map((event) => {
      return [event.name, event.channel, ...('user_id' in event ? [event.user_id] : [])].join(' ');
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === 'never') return;
  if (typeof reply === 'number') response.writeHead(reply).end('thank you');
  else response.writeHead(307, { location: reply.redirectTo }).end();
}
