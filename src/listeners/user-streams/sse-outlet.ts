import type { ServerResponse } from 'node:http';
import { EventStream, type ByeReason, type StreamSource } from '../../resources/live/event-stream.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import { byeFrame, type Farewell, type Outlet, type OutletUser } from './outlet.js';

/** After which its client shall come back, and when. After the others it would be in vain, or somebody else's turn. */
const COME_BACK: Readonly<Partial<Record<Farewell, ByeReason>>> = {
  restart: 'restart',
  max_age: 'max_age',
  too_many_streams: 'too_many_streams',
  over_capacity: 'too_many_streams',
};

/** A user stream as server-sent events. What has arrived, its client says itself when it comes back: `Last-Event-ID`. */
export class SseOutlet implements Outlet, StreamSource {
  private readonly stream: EventStream;
  private user: OutletUser | undefined;
  private isOver = false;

  /** @param response its head is written */
  constructor(response: ServerResponse, settings: LiveSettings) {
    this.stream = new EventStream(response, settings);
    this.stream.follow(this);
  }

  use(user: OutletUser): void {
    this.user = user;
    // Its reader may have gone before.
    if (this.isOver) user.closed();
  }

  send(frame: LiveFrame): boolean {
    return this.stream.send(frame);
  }

  ask(): void {
    // There is nothing on the way back.
  }

  close(reason: Farewell): void {
    const comeBack = COME_BACK[reason];
    if (comeBack === undefined) this.end(byeFrame(reason));
    else this.stream.bye(comeBack);
  }

  checkpoint(): boolean {
    return this.user?.beat() ?? false;
  }

  resume(): void {
    this.user?.resume();
  }

  /** @param frame the last one, where there is somebody to read it */
  end(frame?: LiveFrame): void {
    if (this.isOver) return;
    this.isOver = true;
    if (frame !== undefined) this.stream.send(inOurForm(frame));
    this.stream.end();
    this.user?.closed();
  }
}

/** A stream's own words do not name their event in the text, as frames on sockets must. */
function inOurForm({ event, data }: LiveFrame): LiveFrame {
  return { event, data: JSON.stringify({ event, ...(JSON.parse(data) as object) }) };
}
