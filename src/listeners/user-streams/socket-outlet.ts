import type { WebSocket } from 'ws';
import { StreamSocket } from '../../realtime/stream-socket.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import { byeFrame, FAREWELLS, type Farewell, type Outlet, type OutletUser } from './outlet.js';
import type { UserStreamsSettings } from './user-streams.settings.js';

export type SocketOutletSettings = Pick<LiveSettings, 'bufferBytes' | 'drainTimeout' | 'heartbeat' | 'maxAge'> &
  Pick<UserStreamsSettings, 'keepalive' | 'messagesPerSecond'>;

/** By how much, in parts of it, the greatest age of a connection varies, so that not all come back at once. */
const JITTER = 0.1;

const PONG = JSON.stringify({ event: 'pong' });

/** A user stream over a WebSocket. */
export class SocketOutlet implements Outlet {
  private readonly socket: StreamSocket;
  private user: OutletUser | undefined;
  private readonly beating: NodeJS.Timeout;
  private readonly old: NodeJS.Timeout;

  constructor(ws: WebSocket, settings: SocketOutletSettings) {
    const { bufferBytes, drainTimeout, heartbeat, maxAge, keepalive, messagesPerSecond } = settings;
    this.socket = new StreamSocket(ws, { bufferBytes, drainTimeout, silence: keepalive, messagesPerSecond });
    // Often enough that who is there, and says nothing, answers in time.
    const interval = Math.min(heartbeat, keepalive / 3) * 1000;
    this.beating = setInterval(() => this.user?.beat(), interval).unref();
    const age = maxAge * 1000 * (1 + JITTER * (2 * Math.random() - 1));
    this.old = setTimeout(() => this.close('max_age'), age).unref();
    ws.once('close', () => this.stopTimers());
  }

  use(user: OutletUser): void {
    this.user = user;
    this.socket.use({
      text: () => {
        this.socket.send(PONG);
        return false;
      },
      resume: () => user.resume(),
      arrived: (number) => user.arrived(Number(number)),
      closed: () => {
        this.stopTimers();
        user.closed();
      },
    });
  }

  send({ data }: LiveFrame): boolean {
    return this.socket.send(data);
  }

  /** A pong comes behind everything that was read before its ping (RFC 6455, 5.5.3). */
  ask(number: number): void {
    this.socket.ask(String(number));
  }

  close(reason: Farewell): void {
    this.socket.send(byeFrame(reason).data);
    this.socket.close(FAREWELLS[reason]);
  }

  private stopTimers(): void {
    clearInterval(this.beating);
    clearTimeout(this.old);
  }
}
