import type { Subscriber } from '../hub.js';
import { memberAdded, memberRemoved } from '../pusher/messages.js';
import type { SubscriptionCounts } from '../pusher/subscription-counts.js';
import type { UserConnection } from '../pusher/users.js';
import type { ChannelState, MemberState, SocketState, UserState } from './node-message.js';
import type { NodeParts } from './node-parts.js';

/** Stands for somebody on another server, which is where messages reach them. */
export class SomebodyElsewhere implements UserConnection {
  readonly id = '';

  send(): boolean {
    return false;
  }

  close(): void {
    // Their own server does.
  }
}

export function isHere(subscriber: Subscriber): boolean {
  return !(subscriber instanceof SomebodyElsewhere);
}

interface RemoteMember {
  readonly state: MemberState;
  readonly subscriber: Subscriber;
}

/**
 * The sockets of one other server. Its members and signed-in users stand among those of this one, so that whoever
 * asks who is there is told of all; and those who are here are told of each difference, as if it had been here.
 */
export class RemoteNode {
  /** The number of the last message; what comes next has the next one. */
  lastNumber = -1;
  /** Whether something was missed: until everything has been told, it is not known what it has. */
  isStale = true;
  /** On the clock of `performance.now()`. */
  lastHeard = performance.now();
  askedAt = -Infinity;
  private channels = new Map<string, ChannelState>();
  private members = new Map<string, RemoteMember>();
  private users = new Map<string, { readonly state: UserState; readonly connection: UserConnection }>();
  private gathered: SocketState | undefined;

  constructor(
    readonly id: string,
    private readonly parts: NodeParts,
    private readonly counts: SubscriptionCounts,
  ) {}

  /** Something was missed: what it has is to be asked for. */
  miss(): void {
    this.isStale = true;
    this.gathered = undefined;
  }

  /** Takes what has changed. */
  change({ channels, members, users }: SocketState): void {
    for (const state of channels) this.setChannel(state);
    for (const state of members) this.setMember(state);
    for (const state of users) this.setUser(state);
  }

  /** Takes a part of everything; with the last one, what was not among it is not there any more. */
  gather(part: SocketState, { isFirst, isLast }: { isFirst: boolean; isLast: boolean }): void {
    const before = isFirst ? { channels: [], members: [], users: [] } : this.gathered;
    if (before === undefined) return;
    this.gathered = {
      channels: [...before.channels, ...part.channels],
      members: [...before.members, ...part.members],
      users: [...before.users, ...part.users],
    };
    if (!isLast) return;
    const { channels, members, users } = this.gathered;
    this.gathered = undefined;
    this.isStale = false;
    const [told, there, online] = [keysOf(channels, 2), keysOf(members, 3), keysOf(users, 2)];
    // First those who are there: who has only changed places never was gone.
    this.change({ channels, members, users });
    for (const [key, [appId, channel]] of [...this.channels]) if (!told.has(key)) this.setChannel([appId, channel, 0]);
    for (const [key, { state }] of [...this.members]) if (!there.has(key)) this.setMember(gone(state));
    for (const [key, { state }] of [...this.users]) if (!online.has(key)) this.setUser([state[0], state[1], 0]);
  }

  /** It is gone, and all its sockets with it. */
  forget(): void {
    this.gather({ channels: [], members: [], users: [] }, { isFirst: true, isLast: true });
  }

  private setChannel(state: ChannelState): void {
    const [appId, channel, count] = state;
    const { hub, elsewhere, events, apps } = this.parts;
    const key = keyOf(state, 2);
    const before = hub.countSubscribers(appId, channel) + elsewhere.countSubscribers(appId, channel);
    if (count > 0) this.channels.set(key, state);
    else this.channels.delete(key);
    elsewhere.setCount(this.id, appId, channel, count);
    const after = hub.countSubscribers(appId, channel) + elsewhere.countSubscribers(appId, channel);
    if (before === after) return;
    if (before === 0) events.tell(appId, { name: 'channel_occupied', channel });
    if (after === 0) events.tell(appId, { name: 'channel_vacated', channel });
    const app = apps.findById(appId);
    if (app !== undefined) this.counts.noteChange(app, channel);
  }

  private setMember(state: MemberState): void {
    const [appId, channel, userId, said] = state;
    const key = keyOf(state, 3);
    const known = this.members.get(key);
    const { presence, hub, events } = this.parts;
    if (said !== 0) {
      if (known?.state[3] === said) return;
      const subscriber = new SomebodyElsewhere();
      const info = said ?? undefined;
      this.members.set(key, { state, subscriber });
      if (presence.join(appId, channel, subscriber, { userId, info })) {
        hub.relay(appId, channel, memberAdded(channel, userId, info));
        events.tell(appId, { name: 'member_added', channel, user_id: userId });
      }
    } else {
      this.members.delete(key);
    }
    // Only what is said about them may be another thing now: then they come once more before they go.
    if (known === undefined || presence.leave(appId, channel, known.subscriber) === undefined) return;
    hub.relay(appId, channel, memberRemoved(channel, userId));
    events.tell(appId, { name: 'member_removed', channel, user_id: userId });
  }

  private setUser(state: UserState): void {
    const [appId, userId, isOnline] = state;
    const key = keyOf(state, 2);
    const known = this.users.get(key);
    if (isOnline === 1 && known === undefined) {
      const connection = new SomebodyElsewhere();
      this.users.set(key, { state, connection });
      this.parts.users.arrive(appId, userId, connection);
    } else if (isOnline === 0 && known !== undefined) {
      this.users.delete(key);
      this.parts.users.depart(appId, userId, known.connection);
    }
  }
}

function gone([appId, channel, userId]: MemberState): MemberState {
  return [appId, channel, userId, 0];
}

/** @param length how many of its first fields name it */
function keyOf(state: readonly unknown[], length: number): string {
  return JSON.stringify(state.slice(0, length));
}

function keysOf(states: readonly (readonly unknown[])[], length: number): Set<string> {
  return new Set(states.map((state) => keyOf(state, length)));
}
