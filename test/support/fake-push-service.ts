import { createPublicKey } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwtVerify } from 'jose';
import { PushSubscriber } from './push-subscriber.js';

/** What the service does with a message; `hang` never answers, `cut` ends the connection, `endless` never ends. */
export type PushAnswer =
  | 'hang'
  | 'cut'
  | 'endless'
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> };

export interface PushedMessage {
  readonly subscriber: PushSubscriber;
  readonly headers: IncomingMessage['headers'];
  /** Of the encrypted body. */
  readonly bytes: number;
  /** As the subscriber reads it. */
  readonly text: string;
}

/** A push service (RFC 8030) that lets in whoever has the VAPID key, and fails when told to. */
export class FakePushService {
  /** What was taken, readable only because the service has its subscribers here as well. */
  readonly messages: PushedMessage[] = [];
  /** Everything that came, in order, as `path status`. */
  readonly requests: string[] = [];
  /** For the next messages to that path, or to any with `*`. */
  readonly answers = new Map<string, PushAnswer[]>();
  /** How many were being answered at once at most. */
  mostAtOnce = 0;
  private atOnce = 0;
  private readonly subscribers = new Map<string, PushSubscriber>();
  private held: (() => void)[] | undefined;

  private constructor(
    private readonly server: Server,
    private readonly vapidPublicKey: string,
    private readonly subject: string,
  ) {
    server.on('request', (request, response) => void this.receive(request, response));
  }

  static async open(vapidPublicKey: string, subject: string): Promise<FakePushService> {
    const service = new FakePushService(createServer(), vapidPublicKey, subject);
    await new Promise<void>((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  subscribe(name: string): PushSubscriber {
    const subscriber = new PushSubscriber(`${this.origin}/push/${name}`);
    this.subscribers.set(`/push/${name}`, subscriber);
    return subscriber;
  }

  /** The next answers to messages of that name. */
  answer(name: string, ...answers: PushAnswer[]): void {
    this.answers.set(`/push/${name}`, answers);
  }

  /** Answers nobody until {@link release}. */
  hold(): void {
    this.held = [];
  }

  release(): void {
    for (const go of this.held?.splice(0) ?? []) go();
    this.held = undefined;
  }

  get waiting(): number {
    return this.held?.length ?? 0;
  }

  /** The names of whom messages arrived for, in order. */
  get told(): string[] {
    return this.messages.map(({ subscriber }) => subscriber.endpoint.slice(`${this.origin}/push/`.length));
  }

  textsOf(subscriber: PushSubscriber): unknown[] {
    return this.messages
      .filter((message) => message.subscriber === subscriber)
      .map(({ text }) => JSON.parse(text) as unknown);
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.held !== undefined) await new Promise<void>((go) => this.held?.push(go));
    const path = request.url ?? '';
    const answer = this.answers.get(path)?.shift() ?? (await this.take(request, Buffer.concat(chunks)));
    this.atOnce -= 1;
    this.requests.push(`${path.slice('/push/'.length)} ${typeof answer === 'string' ? answer : answer.status}`);
    if (answer === 'hang') return;
    if (answer === 'cut') request.socket.destroy();
    else if (answer === 'endless') this.goOn(response);
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  private goOn(response: ServerResponse): void {
    response.writeHead(201);
    const block = 'x'.repeat(65_536);
    const write = () => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', write);
    write();
  }

  private async take(request: IncomingMessage, body: Buffer): Promise<PushAnswer> {
    const { headers, method, url = '' } = request;
    const subscriber = this.subscribers.get(url);
    if (method !== 'POST') return { status: 405 };
    if (subscriber === undefined) return { status: 404, body: 'no such subscription' };
    // RFC 8030, 5.2.
    if (!/^\d+$/.test(String(headers.ttl))) return { status: 400, body: 'TTL is missing' };
    if (headers['content-encoding'] !== 'aes128gcm') return { status: 415 };
    if (body.length > 4096) return { status: 413 };
    const refusal = await this.refusalOf(headers.authorization ?? '');
    if (refusal !== undefined) return refusal;
    this.messages.push({ subscriber, headers, bytes: body.length, text: subscriber.decrypt(body) });
    return { status: 201, headers: { location: `${this.origin}/message/${this.messages.length}` } };
  }

  /** RFC 8292, 4.2. */
  private async refusalOf(authorization: string): Promise<PushAnswer | undefined> {
    const [, token = '', key = ''] = /^vapid t=([^,]+), k=([\w-]+)$/.exec(authorization) ?? [];
    if (key !== this.vapidPublicKey) return { status: 403, body: `not the key it was subscribed with: ${token}` };
    try {
      const { payload } = await jwtVerify(token, keyOf(key), { algorithms: ['ES256'], audience: this.origin });
      const { exp = Infinity, sub } = payload;
      if (exp > Date.now() / 1000 + 86_400) return { status: 401, body: 'it lasts too long' };
      return sub === this.subject ? undefined : { status: 401, body: 'the subject is another' };
    } catch {
      return { status: 401, body: 'bad token' };
    }
  }
}

function keyOf(publicKey: string) {
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.toString('base64url', 1, 33), point.toString('base64url', 33)];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}
