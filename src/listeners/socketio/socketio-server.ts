import type { Logger } from '@nestjs/common';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import type { Authenticator } from '../../auth/authenticator.js';
import type { Tickets } from '../../auth/tickets.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import type { Access } from '../../permissions/access.js';
import type { Api } from '../../resources/api.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import { LiveAccess } from '../../resources/live/live-access.js';
import type { LiveLists } from '../../resources/live/live-lists.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import type { Storage } from '../../storage/storage.js';
import { Admission, listRequest, type Visitor } from './admission.js';
import { Allowance } from './allowance.js';
import { Announcer } from './announcer.js';
import { ApiDesk, type DeskAsker } from './api-desk.js';
import { Echoes } from './echoes.js';
import { FailedTries, type SharedTries } from './failed-tries.js';
import type { ListFollow } from './list-follow.js';
import { Outbox } from './outbox.js';
import { recoverAll } from './recover-all.js';
import { refusalBody, tooMany } from './refused.js';
import { Scopes } from './scopes.js';
import { serverOptions } from './server-options.js';
import { Session } from './session.js';
import { SessionWatch } from './session-watch.js';
import { aliasesOf, type SocketIoSettings } from './socketio.settings.js';
import { Visibility } from './visibility.js';

export interface SocketIoParts {
  readonly storage: Storage;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly definitions: ResourceDefinitions;
  readonly tickets: Pick<Tickets, 'find' | 'spend' | 'spendOn'>;
  /** Where failed tries are counted over all servers; `undefined`: nowhere. */
  readonly sharedTries: SharedTries | undefined;
  readonly lists: Pick<LiveLists, 'add'>;
  readonly follow: ListFollow;
  /** What live lists are limited to, on every transport. */
  readonly limits: Pick<LiveSettings, 'bufferBytes' | 'drainTimeout' | 'heartbeat' | 'maxFrameBytes'>;
  /** Which origins a browser may come from, as globs. */
  readonly origins: readonly string[];
  /** What absolute URLs begin with, where settings say so. */
  readonly project: { readonly httpScheme: string; readonly httpHost: string };
  readonly log: Pick<Logger, 'warn'>;
}

/** How long, in ms, clients have to say goodbye when the server ends. */
const FAREWELL = 1_000;

/** Socket.IO on the server's own port: who is connected, and what they are told. */
export class SocketIoServer {
  readonly watch: SessionWatch;
  private readonly sessions = new Set<Session>();
  private readonly upgraded = new Set<Duplex>();
  private readonly echoes = new Echoes();
  private readonly liveAccess: LiveAccess;
  private heartbeat: NodeJS.Timeout | undefined;
  /** It never listens: it hands requests to Socket.IO, which wants a server of its own to be attached to. */
  private readonly inner = createServer();
  private open: Opened | undefined;
  private api: Pick<Api, 'handle'> | undefined;
  private opened: () => void = () => undefined;
  private isClosed = false;

  constructor(private readonly parts: SocketIoParts) {
    const { access, authenticator, log } = parts;
    this.liveAccess = new LiveAccess(access, authenticator);
    this.watch = new SessionWatch(this.sessions, authenticator, log);
  }

  /**
   * To be called before it is opened.
   *
   * @param api answers commands
   * @param opened is told when there are requests to be handled here, which may be never
   */
  attach(api: Pick<Api, 'handle'>, opened: () => void): void {
    this.api = api;
    this.opened = opened;
  }

  /** The settings of the first listener count, until the server ends: its address cannot change under its clients. */
  use(settings: Readonly<SocketIoSettings>): void {
    if (this.open !== undefined || this.isClosed) return;
    const { limits, log } = this.parts;
    const announcer = new Announcer(new Visibility(this.parts), () => this.sessions, log, settings.coalesce);
    const io = new Server(
      this.inner,
      serverOptions(settings, this.parts.origins, () => this.isFull()),
    );
    const desk = new ApiDesk({ handle: (request) => this.api!.handle(request) });
    const admission = this.makeAdmission(desk, settings.failedHandshakes);
    this.open = { settings, io, desk, admission, announcer };
    for (const namespace of [io.of('/'), io.of((_name, _auth, next) => next(null, true))]) {
      namespace.use((socket, next) => void this.admit(socket, next));
      namespace.on('connection', (socket: Socket) => this.welcome(socket));
    }
    this.heartbeat = setInterval(() => this.beat(), limits.heartbeat * 1000).unref();
    this.opened();
  }

  get settings(): Readonly<SocketIoSettings> | undefined {
    return this.open?.settings;
  }

  hasAudience(): boolean {
    return this.sessions.size > 0;
  }

  announce(change: CommittedChange): Promise<void> | void {
    return this.open?.announcer.add(change);
  }

  /** Whether a request to that path is for Socket.IO. */
  isMine(path: string): boolean {
    if (this.open === undefined || this.isClosed) return false;
    return unprefixed(path).startsWith(`${this.open.settings.path}/`);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    request.url = unprefixed(request.url ?? '');
    this.inner.emit('request', request, response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    request.url = unprefixed(request.url ?? '');
    this.upgraded.add(socket);
    socket.on('close', () => this.upgraded.delete(socket));
    this.inner.emit('upgrade', request, socket, head);
  }

  /** Lets everybody go, who will come back to the server that is started next. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    this.open?.io.engine.close();
    // Who does not say goodbye keeps the server from ending no longer than this.
    setTimeout(() => {
      for (const socket of this.upgraded) socket.destroy();
    }, FAREWELL).unref();
    await this.open?.announcer.close();
    await this.watch.stop();
  }

  private makeAdmission(desk: ApiDesk, mostFailed: number): Admission {
    const { authenticator, tickets, sharedTries, project } = this.parts;
    return new Admission({
      ...{ authenticator, tickets, failed: new FailedTries(mostFailed, sharedTries) },
      originOf: ({ secure, headers }) =>
        `${project.httpScheme || (secure ? 'https' : 'http')}://${project.httpHost || (headers.host ?? '')}`,
      follow: (asker, listUri, query) => this.begin(desk, asker, listUri, query),
    });
  }

  private begin(desk: ApiDesk, asker: DeskAsker, listUri: string, query: string): Promise<OpenedList> {
    return this.parts.follow.begin(listRequest(asker, listUri, query), (request) => desk.ask(request, asker.ticket));
  }

  private async admit(socket: Socket, next: (error?: Error) => void): Promise<void> {
    if (isProtocolsOwn(socket)) return next();
    try {
      const { admission, settings } = this.open!;
      const visitor = await admission.admit(socket);
      if (this.countOf(visitor.userId) >= settings.maxConnectionsPerUser)
        throw tooMany('You have too many connections.');
      (socket.data as SocketData).visitor = visitor;
      next();
    } catch (error) {
      const data = refusalBody(error);
      const message = typeof data.message === 'string' ? data.message : 'Refused';
      next(Object.assign(new Error(message), { data }));
    }
  }

  private countOf(userId: string | undefined): number {
    if (userId === undefined) return 0;
    let count = 0;
    for (const session of this.sessions) if (session.userId === userId) count += 1;
    return count;
  }

  private welcome(socket: Socket): void {
    const { visitor } = socket.data as SocketData;
    if (visitor === undefined) return;
    const { settings, desk } = this.open!;
    const outbox = Outbox.of(socket.conn, this.parts.limits);
    const follow = (listUri: string, query: string) => this.begin(desk, visitor, listUri, query);
    const scopes = new Scopes({
      ...{ view: visitor.view, lists: this.parts.lists, follow, maxFrameBytes: this.parts.limits.maxFrameBytes },
      most: settings.maxSubscriptions,
      emit: (event, message) => socket.emit(event, message),
      hasRoom: () => outbox.hasRoom,
      isOpen: () => socket.connected,
    });
    const allowance = new Allowance(settings.commandsPerSecond, settings.commandsInFlight);
    const session = new Session(socket, visitor, {
      ...{ desk, outbox, scopes, allowance, echoes: this.echoes },
      aliasesOf: (event) => aliasesOf(event, settings),
    });
    this.sessions.add(session);
    socket.on('disconnect', () => {
      this.sessions.delete(session);
      session.end();
    });
    const { storage } = this.parts;
    void session.catchUp((hints) => recoverAll(visitor, hints, { storage, access: this.liveAccess, follow }));
  }

  private isFull(): boolean {
    const { io, settings } = this.open!;
    return io.engine.clientsCount >= settings.maxConnections;
  }

  private beat(): void {
    for (const session of this.sessions) {
      session.checkpoint();
      // A ticket for streams lives as long as it is used.
      if (session.ticket?.use === 'stream') void this.parts.tickets.spend(session.ticket);
    }
  }
}

interface Opened {
  readonly settings: Readonly<SocketIoSettings>;
  readonly io: Server;
  readonly desk: ApiDesk;
  readonly admission: Admission;
  readonly announcer: Announcer;
}

interface SocketData {
  visitor?: Visitor;
}

/** Older clients are connected to the root before they say where they want to go: nobody is there, and nothing is told. */
function isProtocolsOwn({ conn, nsp }: Socket): boolean {
  return conn.protocol === 3 && nsp.name === '/';
}

function unprefixed(path: string): string {
  return path.startsWith(`${VERSION_PREFIX}/`) ? path.slice(VERSION_PREFIX.length) : path;
}
