import type { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Authenticator } from '../../auth/authenticator.js';
import type { Tickets } from '../../auth/tickets.js';
import { describe } from '../../changes/registered-listener.js';
import type { Close } from '../../realtime/close-codes.js';
import { STREAM_CLOSE } from '../../realtime/stream-close-codes.js';
import { StreamSocket } from '../../realtime/stream-socket.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import { refuseUpgrade } from '../../resources/live/refused-upgrade.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import { admit } from './admission.js';
import type { AppStreamsSettings } from './app-streams.settings.js';
import type { StreamLog } from './stream-log.js';
import { StreamSession, type SessionParts } from './stream-session.js';
import type { SightParts } from './stream-sight.js';
import type { StreamVisitor } from './stream-visitor.js';
import { LIVE_PATHS } from './stream.definition.js';

export interface AppStreamsParts extends SightParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly tickets: Pick<Tickets, 'find' | 'spend' | 'spendOn'>;
  /** The change log, as soon as the database has a name for its positions. */
  readonly openLog: () => Promise<StreamLog>;
  /** What live lists are limited to, on every transport. */
  readonly limits: Pick<
    LiveSettings,
    'bufferBytes' | 'drainTimeout' | 'heartbeat' | 'maxAge' | 'maxFrameBytes' | 'sweep'
  >;
  /** Whether this server writes nothing. */
  readonly isReadonly: boolean;
  readonly log: Pick<Logger, 'warn'>;
}

/** By how much, in parts of it, the greatest age of a connection varies, so that not all come back at once. */
const JITTER = 0.1;

/** Which streams are connected to this server, and who may connect. */
export class AppStreamsServer {
  /** By the owner, then by the key: a stream has one connection. */
  private readonly sessions = new Map<string, Map<string, StreamSession>>();
  private readonly upgrades: WebSocketServer[] = [];
  private readonly endings = new Set<Promise<void>>();
  private timers: NodeJS.Timeout[] = [];
  private opened: Readonly<AppStreamsSettings> | undefined;
  private count = 0;
  private isClosed = false;

  constructor(private readonly parts: AppStreamsParts) {
    parts.storage.onCommit(() => this.each((session) => session.wake()));
  }

  /** The settings of the first listener count, until the server ends. */
  use(settings: Readonly<AppStreamsSettings>): void {
    if (this.opened !== undefined || this.isClosed) return;
    this.opened = settings;
    const { heartbeat, sweep } = this.parts.limits;
    this.upgrades.push(
      new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: settings.maxMessageBytes }),
    );
    this.timers = [
      setInterval(() => this.each((session) => this.beat(session)), heartbeat * 1000).unref(),
      setInterval(() => this.each((session) => session.sweep()), sweep * 1000).unref(),
    ];
  }

  /** `undefined`: nobody has asked for streams. */
  get settings(): Readonly<AppStreamsSettings> | undefined {
    return this.opened;
  }

  /** How many connections that stream has here. */
  countOf(owner: string, key: string): number {
    return this.sessions.get(owner)?.has(key) === true ? 1 : 0;
  }

  isMine(path: string): boolean {
    return this.opened !== undefined && LIVE_PATHS.includes(path);
  }

  /** Takes over the socket of an upgrade. Whoever is refused is so in HTTP. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A client that is gone already must not end the process.
    const ignore = () => socket.destroy();
    socket.on('error', ignore);
    try {
      if (this.isClosed) throw new ApiError('BACKEND');
      const log = await this.parts.openLog();
      const visitor = await admit(request, log, this.parts);
      const [server] = this.upgrades;
      if (socket.destroyed || server === undefined) return;
      socket.off('error', ignore);
      server.handleUpgrade(request, socket, head, (ws) => void this.welcome(ws, visitor, log));
    } catch (error) {
      if (!(error instanceof ApiError)) this.parts.log.warn(`A stream could not be opened: ${describe(error)}`);
      const refusal = error instanceof ApiError ? error : new ApiError('BACKEND');
      refuseUpgrade(socket, refusal, this.parts.authenticator.challenges);
    }
  }

  /** Lets everybody go, who will come back to the server that is started next. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.timers) clearInterval(timer);
    this.each((session) => session.end(STREAM_CLOSE.SERVER_RESTART, 'restart'));
    await Promise.all(this.endings);
    for (const server of this.upgrades) server.close();
  }

  private async welcome(ws: WebSocket, visitor: StreamVisitor, log: StreamLog): Promise<void> {
    const settings = this.opened!;
    const { limits, log: logger, ...rest } = this.parts;
    const socket = new StreamSocket(ws, {
      ...{ bufferBytes: limits.bufferBytes, drainTimeout: limits.drainTimeout },
      ...{ silence: settings.keepalive + settings.keepaliveGrace, messagesPerSecond: settings.messagesPerSecond },
    });
    const refusal = this.findReasonToRefuse(visitor, settings);
    if (refusal !== undefined) {
      socket.close(refusal);
      return;
    }
    const own = this.sessions.get(visitor.owner) ?? new Map<string, StreamSession>();
    const former = own.get(visitor.key);
    former?.end(STREAM_CLOSE.TAKEN_OVER);
    const parts: SessionParts = {
      ...{ ...rest, log, maxFrameBytes: limits.maxFrameBytes, keepalive: settings.keepalive },
      warn: (error) => logger.warn(`A stream cannot be told: ${describe(error)}`),
    };
    const session = new StreamSession(parts, visitor, socket, (ended) => this.forget(ended));
    this.sessions.set(visitor.owner, own.set(visitor.key, session));
    this.count += 1;
    const age = limits.maxAge * 1000 * (1 + JITTER * (2 * Math.random() - 1));
    const old = setTimeout(() => session.end(STREAM_CLOSE.MAX_AGE, 'max_age'), age).unref();
    ws.once('close', () => clearTimeout(old));
    // Where the one before it had come to is to be known when this one asks.
    await former?.settled();
    await session.open();
  }

  private findReasonToRefuse({ owner, key }: StreamVisitor, settings: Readonly<AppStreamsSettings>): Close | undefined {
    if (this.isClosed) return STREAM_CLOSE.SERVER_RESTART;
    const own = this.sessions.get(owner);
    if (own?.has(key) === true) return undefined;
    if ((own?.size ?? 0) >= settings.maxConnectedPerOwner) return STREAM_CLOSE.TOO_MANY;
    return this.count >= settings.maxConnections ? STREAM_CLOSE.OVER_CAPACITY : undefined;
  }

  private forget(session: StreamSession): void {
    const { owner, key } = session.visitor;
    const own = this.sessions.get(owner);
    this.count -= 1;
    if (own?.get(key) === session) own.delete(key);
    if (own?.size === 0) this.sessions.delete(owner);
    const ending: Promise<void> = session.settled().finally(() => this.endings.delete(ending));
    this.endings.add(ending);
  }

  private beat(session: StreamSession): void {
    session.checkpoint();
    const { ticket } = session.visitor;
    // A ticket for streams lives as long as it is used.
    if (ticket?.use === 'stream') void this.parts.tickets.spend(ticket);
  }

  private each(work: (session: StreamSession) => void): void {
    for (const own of [...this.sessions.values()]) for (const session of [...own.values()]) work(session);
  }
}
