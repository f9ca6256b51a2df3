import type { Hub } from '../hub.js';
import type { Presence } from '../presence.js';
import { isUser } from '../pusher/channel-name.js';
import type { Users } from '../pusher/users.js';
import type { ChannelState, MemberState, SocketState, UserState } from './node-message.js';
import { isHere } from './remote-node.js';

/** How many entries one message has at most. */
const PART = 1_000;

interface Rooms {
  readonly hub: Hub;
  readonly presence: Presence;
  readonly users: Users;
}

/** What this server has of sockets, and what of that the others have not been told yet. */
export class LocalSockets {
  private readonly channels = new Map<string, readonly [appId: string, channel: string]>();
  private readonly members = new Map<string, readonly [appId: string, channel: string, userId: string]>();
  private readonly users = new Map<string, readonly [appId: string, userId: string]>();

  constructor(private readonly rooms: Rooms) {}

  noteChannel(appId: string, channel: string): void {
    this.channels.set(`${appId}/${channel}`, [appId, channel]);
  }

  noteMember(appId: string, channel: string, userId: string): void {
    this.members.set(`${appId}/${channel}/${userId}`, [appId, channel, userId]);
  }

  noteUser(appId: string, userId: string): void {
    this.users.set(`${appId}/${userId}`, [appId, userId]);
  }

  /** What has been noted, as it is now; from now on nothing has. */
  takeChanges(): SocketState | undefined {
    if (this.channels.size + this.members.size + this.users.size === 0) return undefined;
    const { hub, users } = this.rooms;
    const changes = {
      channels: [...this.channels.values()].map(([app, channel]): ChannelState => {
        return [app, channel, hub.countSubscribers(app, channel)];
      }),
      members: this.changedMembers(),
      users: [...this.users.values()].map(([app, user]): UserState => [
        app,
        user,
        users.isOnlineAmong(app, user, isHere) ? 1 : 0,
      ]),
    };
    for (const noted of [this.channels, this.members, this.users]) noted.clear();
    return changes;
  }

  /** Everything, in parts; at least one. */
  *everything(): IterableIterator<SocketState & { isFirst: boolean; isLast: boolean }> {
    const { hub, presence, users } = this.rooms;
    const channels = hub.appIds().flatMap((app) =>
      hub
        .occupiedChannels(app)
        .filter((channel) => !isUser(channel))
        .map((channel): ChannelState => [app, channel, hub.countSubscribers(app, channel)]),
    );
    const members = presence.channels().flatMap(([app, channel]) => this.membersOf(app, channel));
    const online = users.all().filter(([app, user]) => users.isOnlineAmong(app, user, isHere));
    const signedIn = online.map(([app, user]): UserState => [app, user, 1]);
    const length = Math.max(channels.length, members.length, signedIn.length, 1);
    for (let start = 0; start < length; start += PART) {
      const end = start + PART;
      const part = {
        channels: channels.slice(start, end),
        members: members.slice(start, end),
        users: signedIn.slice(start, end),
      };
      yield { ...part, isFirst: start === 0, isLast: end >= length };
    }
  }

  private changedMembers(): MemberState[] {
    const rooms = new Map<string, ReadonlyMap<string, string | undefined>>();
    return [...this.members.values()].map(([app, channel, user]): MemberState => {
      const key = `${app}/${channel}`;
      const there = rooms.get(key) ?? this.rooms.presence.membersAmong(app, channel, isHere);
      rooms.set(key, there);
      return [app, channel, user, there.has(user) ? (there.get(user) ?? null) : 0];
    });
  }

  private membersOf(app: string, channel: string): MemberState[] {
    const there = this.rooms.presence.membersAmong(app, channel, isHere);
    return [...there].map(([user, info]): MemberState => [app, channel, user, info ?? null]);
  }
}
