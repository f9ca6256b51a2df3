import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { ChannelReading } from '../../changes/channel-reading.js';

/**
 * Why a connection is subscribed to a channel that announces changes. `trusted`: the app's own server has signed for it,
 * and answers for what it hears. Else it hears what its user may read.
 */
export interface Grant {
  readonly channel: string;
  readonly socketId: string;
  readonly reader: 'trusted' | Reader;
  /** In ms since the epoch: until then it is kept, though nobody is subscribed by it yet. */
  readonly awaitedUntil?: number;
}

export interface Reader {
  /** `undefined`: nobody in particular. */
  readonly userId: string | undefined;
  readonly readings: readonly ChannelReading[];
  /** What shows who it is, if that was shown to this very process: it may stop counting. */
  readonly credential: RequestHeaders | undefined;
}

/** A grant to a user, not to whom an app's own server answers for. */
export interface UserGrant extends Grant {
  readonly reader: Reader;
}

/**
 * The grants of the subscriptions of this process. One is there before its subscription is; what has none hears nothing.
 * It may outlive its subscription, until the next sweep: a new one replaces it.
 */
export class Grants {
  private readonly byChannel = new Map<string, Map<string, Grant>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  set(grant: Grant): void {
    const ofChannel = this.byChannel.get(grant.channel) ?? new Map<string, Grant>();
    this.byChannel.set(grant.channel, ofChannel);
    if (!ofChannel.has(grant.socketId)) this.count += 1;
    ofChannel.set(grant.socketId, grant);
  }

  find(channel: string, socketId: string): Grant | undefined {
    return this.byChannel.get(channel)?.get(socketId);
  }

  /** Does nothing when another has replaced it. */
  remove(grant: Grant): void {
    const ofChannel = this.byChannel.get(grant.channel);
    if (ofChannel?.get(grant.socketId) !== grant) return;
    ofChannel.delete(grant.socketId);
    this.count -= 1;
    if (ofChannel.size === 0) this.byChannel.delete(grant.channel);
  }

  *all(): IterableIterator<Grant> {
    for (const ofChannel of this.byChannel.values()) yield* ofChannel.values();
  }
}

export function isOfUser(grant: Grant): grant is UserGrant {
  return grant.reader !== 'trusted';
}
