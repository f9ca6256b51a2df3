import type { UserStream } from './user-stream.js';
import type { UserStreamsSettings } from './user-streams.settings.js';

export type RoomLimits = Pick<UserStreamsSettings, 'maxPerOwner' | 'maxStreams' | 'resumeFor'>;

/** The streams that there are: those that are connected, and those whose clients may come back. */
export class StreamRooms {
  private readonly byId = new Map<string, UserStream>();
  private readonly byOwner = new Map<string, Set<UserStream>>();
  /** Those without a connection, in the order in which they lost it, and what ends their time. */
  private readonly waiting = new Map<UserStream, NodeJS.Timeout>();

  constructor(private readonly limits: RoomLimits) {}

  all(): UserStream[] {
    return [...this.byId.values()];
  }

  /** Nobody learns of the streams of others. */
  find(id: string, owner: string | undefined): UserStream | undefined {
    const stream = this.byId.get(id);
    return stream?.owner === owner ? stream : undefined;
  }

  /** Why there is no room for another stream of that owner. What only waits for its client gives way, the oldest first. */
  findReasonToRefuse(owner: string): 'too_many_streams' | 'over_capacity' | undefined {
    const own = this.byOwner.get(owner) ?? new Set();
    if (own.size >= this.limits.maxPerOwner && !this.dropOldest((stream) => own.has(stream))) return 'too_many_streams';
    if (this.byId.size >= this.limits.maxStreams && !this.dropOldest(() => true)) return 'over_capacity';
    return undefined;
  }

  add(stream: UserStream): void {
    const own = this.byOwner.get(stream.owner) ?? new Set();
    this.byId.set(stream.id, stream);
    this.byOwner.set(stream.owner, own.add(stream));
  }

  /** Its client has come back. */
  keep(stream: UserStream): void {
    clearTimeout(this.waiting.get(stream));
    this.waiting.delete(stream);
  }

  /** Its client is gone, and may come back in time. */
  wait(stream: UserStream): void {
    if (this.byId.get(stream.id) !== stream) return;
    const timer = setTimeout(() => this.forget(stream), this.limits.resumeFor * 1000).unref();
    this.waiting.set(stream, timer);
  }

  forget(stream: UserStream): void {
    this.keep(stream);
    this.byId.delete(stream.id);
    const own = this.byOwner.get(stream.owner);
    own?.delete(stream);
    if (own?.size === 0) this.byOwner.delete(stream.owner);
  }

  private dropOldest(isMeant: (stream: UserStream) => boolean): boolean {
    for (const stream of this.waiting.keys()) {
      if (!isMeant(stream)) continue;
      this.forget(stream);
      return true;
    }
    return false;
  }
}
