import type { Close } from '../../realtime/close-codes.js';
import { STREAM_CLOSE } from '../../realtime/stream-close-codes.js';
import type { LiveFrame } from '../../resources/live/live-change.js';

/** Why a connection ends from here, and with which code where it is a WebSocket. */
export const FAREWELLS = {
  restart: STREAM_CLOSE.SERVER_RESTART,
  max_age: STREAM_CLOSE.MAX_AGE,
  taken_over: STREAM_CLOSE.TAKEN_OVER,
  deleted: STREAM_CLOSE.DELETED,
  revoked: STREAM_CLOSE.CREDENTIAL_GONE,
  too_many_streams: STREAM_CLOSE.TOO_MANY,
  over_capacity: STREAM_CLOSE.OVER_CAPACITY,
} as const satisfies Record<string, Close>;

export type Farewell = keyof typeof FAREWELLS;

/** Whose frames go out. */
export interface OutletUser {
  /** Some time has passed: what is to be told now and then is. @returns whether there was anything */
  beat(): boolean;
  /** There is room again. */
  resume(): void;
  /** All frames up to that number have arrived. */
  arrived(number: number): void;
  /** Nothing goes out any more. */
  closed(): void;
}

/** One connection of a user stream, whatever it is made of. */
export interface Outlet {
  /** To be called in the turn it was made in. */
  use(user: OutletUser): void;
  /** @returns whether there is room for more; if not, the user's `resume` is called once there is */
  send(frame: LiveFrame): boolean;
  /** Finds out whether all up to that number has arrived, if there is a way to. */
  ask(number: number): void;
  /** Ends it with a last word; the user's `closed` is called before this returns. */
  close(reason: Farewell): void;
}

/** The last word on a connection. */
export function byeFrame(reason: string): LiveFrame {
  return { event: 'bye', data: JSON.stringify({ event: 'bye', reason }) };
}
