import type { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator } from '../../auth/authenticator.js';
import { credentialIn, type Tickets } from '../../auth/tickets.js';
import { describe } from '../../changes/registered-listener.js';
import type { ApiRequest } from '../../resources/api-message.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import { refuseUpgrade } from '../../resources/live/refused-upgrade.js';
import { deliberateHeader } from '../../resources/live/socket-credential.js';
import { ApiError } from '../../wire/api-error.js';
import { admit } from './admission.js';
import type { Outlet } from './outlet.js';
import { SocketOutlet } from './socket-outlet.js';
import { SseOutlet } from './sse-outlet.js';
import { StreamRooms } from './stream-rooms.js';
import type { StreamVisitor } from './stream-visitor.js';
import { UserStream, type UserStreamParts } from './user-stream.js';
import type { UserStreamsSettings } from './user-streams.settings.js';

export interface UserStreamsParts extends Pick<UserStreamParts, 'storage' | 'access' | 'lists'> {
  readonly authenticator: Authenticator;
  readonly tickets: Pick<Tickets, 'find' | 'spend' | 'spendOn'>;
  /** What live lists are limited to, on every transport. */
  readonly limits: LiveSettings;
  readonly log: Pick<Logger, 'warn'>;
}

/** With the version prefix. */
const PATH = '/v1/user_stream';

/** What there is once somebody has asked for user streams. */
interface Opened {
  readonly settings: Readonly<UserStreamsSettings>;
  readonly rooms: StreamRooms;
  readonly sockets: WebSocketServer;
  readonly sweep: NodeJS.Timeout;
}

/** The user streams of this server, and who may have one. */
export class UserStreamsServer {
  private opened: Opened | undefined;
  private isClosed = false;

  constructor(private readonly parts: UserStreamsParts) {}

  /** The settings of the first listener count, until the server ends. */
  use(settings: Readonly<UserStreamsSettings>): void {
    if (this.opened !== undefined || this.isClosed) return;
    const rooms = new StreamRooms(settings);
    this.opened = {
      settings,
      rooms,
      sockets: new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: settings.maxMessageBytes }),
      sweep: setInterval(() => {
        for (const stream of rooms.all()) void stream.verify();
      }, this.parts.limits.sweep * 1000).unref(),
    };
  }

  /** `undefined`: nobody has asked for user streams. */
  get settings(): Readonly<UserStreamsSettings> | undefined {
    return this.opened?.settings;
  }

  isMine(path: string): boolean {
    return this.opened !== undefined && path === PATH;
  }

  /** A stream of that user. */
  find(id: string, owner: string | undefined): UserStream | undefined {
    return this.opened?.rooms.find(id, owner);
  }

  /** Ends the stream, and its connection if it has one. */
  delete(stream: UserStream): void {
    this.opened?.rooms.forget(stream);
    stream.dismiss('deleted');
  }

  /** Takes over the socket of an upgrade. Whoever is refused is so in HTTP. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A client that is gone already must not end the process.
    const ignore = () => socket.destroy();
    socket.on('error', ignore);
    const { authenticator, log, limits } = this.parts;
    try {
      const { opened } = this;
      if (this.isClosed || opened === undefined) throw new ApiError('BACKEND');
      const [, queryString = ''] = /\?(.*)$/s.exec(request.url ?? '') ?? [];
      const headers = request.headers as RequestHeaders;
      const visitor = await admit({ queryString, headers, authorization: deliberateHeader(request) }, this.parts);
      if (socket.destroyed) return;
      socket.off('error', ignore);
      opened.sockets.handleUpgrade(request, socket, head, (ws) => {
        this.welcome(new SocketOutlet(ws, { ...limits, ...opened.settings }), visitor);
      });
    } catch (error) {
      if (!(error instanceof ApiError)) log.warn(`A user stream could not be opened: ${describe(error)}`);
      refuseUpgrade(socket, error instanceof ApiError ? error : new ApiError('BACKEND'), authenticator.challenges);
    }
  }

  /**
   * Lets somebody in who asks for server-sent events.
   *
   * @returns what tells them, once the answer is under way
   * @throws ApiError 400, 401, 403
   */
  async admit({ queryString, headers }: ApiRequest): Promise<(response: ServerResponse) => void> {
    const { authorization } = credentialIn(headers);
    const visitor = await admit({ queryString, headers, authorization }, this.parts);
    return (response) => this.welcome(new SseOutlet(response, this.parts.limits), visitor);
  }

  /** Lets everybody go, who will come back to the server that is started next. */
  close(): void {
    this.isClosed = true;
    if (this.opened === undefined) return;
    const { sweep, rooms, sockets } = this.opened;
    clearInterval(sweep);
    for (const stream of rooms.all()) {
      rooms.forget(stream);
      stream.dismiss('restart');
    }
    sockets.close();
  }

  private welcome(outlet: Outlet, visitor: StreamVisitor): void {
    const { opened, isClosed } = this;
    if (opened === undefined || isClosed) return outlet.close('restart');
    const { rooms } = opened;
    const former = visitor.former && rooms.find(visitor.former.id, visitor.owner);
    if (former !== undefined) {
      rooms.keep(former);
      return former.connect(outlet, visitor);
    }
    const refusal = rooms.findReasonToRefuse(visitor.owner);
    if (refusal !== undefined) return outlet.close(refusal);
    const stream = new UserStream(this.streamParts(opened.settings), visitor, (left) => {
      if (left.isFleeting) rooms.forget(left);
      else rooms.wait(left);
    });
    rooms.add(stream);
    stream.connect(outlet, visitor);
  }

  private streamParts(settings: Readonly<UserStreamsSettings>): UserStreamParts {
    const { log, ...parts } = this.parts;
    return { ...parts, settings, warn: (error) => log.warn(`A user stream cannot be told: ${describe(error)}`) };
  }
}
