import type { LiveFrame } from '../../resources/live/live-change.js';
import type { LiveSink } from '../../resources/live/live-start.js';
import type { LiveSubscription } from '../../resources/live/live-subscription.js';
import type { JsonObject } from '../../wire/json.js';

/** What a scope needs of the socket that it belongs to. */
export interface ScopeParts {
  readonly emit: (event: string, message: JsonObject) => void;
  readonly hasRoom: () => boolean;
  readonly ended: (scope: Scope) => void;
  readonly maxFrameBytes: number;
  /** Whether objects are told, or only their ids. */
  readonly tellsData: boolean;
}

/** A frame goes to many: it is parsed once. */
const parsed = new WeakMap<LiveFrame, JsonObject>();

/** The names that messages have on a socket, where they are not those of the frames. */
const EVENTS: Readonly<Record<string, string>> = {
  snapshot: 'snapshot',
  snapshot_end: 'snapshotEnd',
  checkpoint: 'checkpoint',
  reset: 'reset',
};

/** What stays of an object that is too large, or of which only the id is wanted. */
const KEPT = ['id', 'last_modified', 'deleted'];

/** One subscription of a socket: a list whose changes it is told with their data (seed-systems.md, 3.3). */
export class Scope implements LiveSink {
  private subscription: LiveSubscription | undefined;
  private isEnded = false;

  constructor(
    readonly key: string,
    readonly listUri: string,
    private readonly parts: ScopeParts,
  ) {}

  /** What it is told by. */
  follow(subscription: LiveSubscription): void {
    this.subscription = subscription;
    if (this.isEnded) subscription.end();
  }

  send(frame: LiveFrame): boolean {
    if (this.isEnded) return false;
    const { event } = frame;
    if (event === 'revoked' || event === 'gone') {
      this.parts.emit('scopeRevoked', { key: this.key, reason: event });
      return false;
    }
    const message = this.messageOf(frame);
    const name = Object.hasOwn(EVENTS, event) ? EVENTS[event]! : 'change';
    for (const part of name === 'snapshot' ? this.partsOf(message) : [message]) {
      this.parts.emit(name, { key: this.key, ...part });
    }
    return this.parts.hasRoom();
  }

  /** There is room again. */
  resume(): void {
    this.subscription?.resume();
  }

  checkpoint(): void {
    this.subscription?.checkpoint();
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.subscription?.end();
    this.parts.ended(this);
  }

  private messageOf(frame: LiveFrame): JsonObject {
    let message = parsed.get(frame);
    if (message === undefined) {
      message = JSON.parse(frame.data) as JsonObject;
      parsed.set(frame, message);
    }
    const { data, old, ...rest } = message;
    if (this.parts.tellsData || data === undefined || Array.isArray(data)) return message;
    return {
      ...rest,
      data: shortened(data as JsonObject),
      ...(old === undefined ? {} : { old: shortened(old as JsonObject) }),
    };
  }

  /** Objects in as many messages as it takes for none to be too large. */
  private partsOf({ data }: JsonObject): JsonObject[] {
    const parts: JsonObject[][] = [];
    let room = 0;
    for (const object of data as JsonObject[]) {
      const size = JSON.stringify(object).length;
      const isTooLarge = size > this.parts.maxFrameBytes;
      const isShort = isTooLarge || !this.parts.tellsData;
      const shown = isShort ? { ...shortened(object), ...(isTooLarge ? { too_large: true } : {}) } : object;
      const taken = isShort ? 100 : size;
      if (parts.length === 0 || room < taken) {
        parts.push([]);
        room = this.parts.maxFrameBytes;
      }
      parts.at(-1)!.push(shown);
      room -= taken;
    }
    return parts.map((part) => ({ data: part }));
  }
}

function shortened(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => KEPT.includes(name)));
}
