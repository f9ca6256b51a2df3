import type { Identity } from '../../auth/authenticator.js';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Position } from '../../wire/position.js';
import type { ResourcePlace } from '../resource-place.js';
import type { LiveRights } from './live-access.js';
import type { LiveFrame } from './live-change.js';
import type { LiveQuery } from './live-query.js';

/** Where the frames go. */
export interface LiveSink {
  /** @returns whether there is room for more; if not, the subscription's `resume` is to be called once there is */
  send(frame: LiveFrame): boolean;
  /** Nothing more comes. */
  end(): void;
  /** Everything that was committed when it last looked has been told, or was not theirs to hear. */
  caughtUp?(): void;
}

/** Who follows what, and from where. */
export interface LiveStart {
  readonly place: ResourcePlace;
  readonly query: LiveQuery;
  readonly headers: RequestHeaders;
  readonly identity: Identity;
  readonly rights: LiveRights;
  /** Everything after this is told. */
  readonly position: Position;
  /** What is told before. */
  readonly frames: readonly LiveFrame[];
  /** Called now and then while they are who they were: what they came in with lives as long as it is used. */
  readonly keepAlive?: (() => void) | undefined;
}
