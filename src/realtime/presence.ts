import type { Subscriber } from './hub.js';

/** Who somebody is on a presence channel. */
export interface Member {
  readonly userId: string;
  /** What the app says about them, as JSON; undefined when it says nothing. */
  readonly info: string | undefined;
}

interface Presented {
  info: string | undefined;
  connections: number;
}

interface Room {
  /** By user id, in the order of arrival. */
  readonly members: Map<string, Presented>;
  readonly userIds: Map<Subscriber, string>;
  /** The description of all members, until one of them changes. */
  description: string | undefined;
}

/**
 * Who is on which presence channel. A user is one member, with however many connections: the first one to come and the
 * last one to go are what others hear of.
 */
export class Presence {
  private readonly rooms = new Map<string, Room>();
  /** Told of each who comes and goes, with whatever they say about themselves. */
  onChange: ((appId: string, channel: string, userId: string, subscriber: Subscriber) => void) | undefined;

  /** Answers whether the user was not there before. What is said about the user is from now on what this member says. */
  join(appId: string, channel: string, subscriber: Subscriber, { userId, info }: Member): boolean {
    const room = this.openRoom(appId, channel);
    room.userIds.set(subscriber, userId);
    this.onChange?.(appId, channel, userId, subscriber);
    const present = room.members.get(userId);
    if (present === undefined) {
      room.members.set(userId, { info, connections: 1 });
      room.description = undefined;
      return true;
    }
    present.connections += 1;
    if (present.info !== info) room.description = undefined;
    present.info = info;
    return false;
  }

  /** Answers the id of a user who is not there any more now; undefined when another connection remains. */
  leave(appId: string, channel: string, subscriber: Subscriber): string | undefined {
    const key = keyOf(appId, channel);
    const room = this.rooms.get(key);
    const userId = room?.userIds.get(subscriber);
    if (room === undefined || userId === undefined) return undefined;
    room.userIds.delete(subscriber);
    this.onChange?.(appId, channel, userId, subscriber);
    const present = room.members.get(userId);
    if (present !== undefined && present.connections > 1) {
      present.connections -= 1;
      return undefined;
    }
    room.members.delete(userId);
    room.description = undefined;
    if (room.members.size === 0) this.rooms.delete(key);
    return userId;
  }

  /** Whether the user may join when there is room for `max` users. */
  hasRoomFor(appId: string, channel: string, userId: string, max: number): boolean {
    const members = this.rooms.get(keyOf(appId, channel))?.members;
    return members === undefined || members.size < max || members.has(userId);
  }

  /** As whom the connection is on the channel. */
  findUserId(appId: string, channel: string, subscriber: Subscriber): string | undefined {
    return this.rooms.get(keyOf(appId, channel))?.userIds.get(subscriber);
  }

  countUsers(appId: string, channel: string): number {
    return this.rooms.get(keyOf(appId, channel))?.members.size ?? 0;
  }

  /** Each user once, in the order of arrival. */
  userIds(appId: string, channel: string): string[] {
    return [...(this.rooms.get(keyOf(appId, channel))?.members.keys() ?? [])];
  }

  /** Every presence channel that somebody is on, with its app. */
  channels(): (readonly [appId: string, channel: string])[] {
    return [...this.rooms.keys()].map((key) => {
      const slash = key.indexOf('/');
      return [key.slice(0, slash), key.slice(slash + 1)];
    });
  }

  /** Those who are there by one of these subscribers, and what is said about each. */
  membersAmong(
    appId: string,
    channel: string,
    isAmong: (subscriber: Subscriber) => boolean,
  ): Map<string, string | undefined> {
    const room = this.rooms.get(keyOf(appId, channel));
    const members = new Map<string, string | undefined>();
    for (const [subscriber, userId] of room?.userIds ?? []) {
      if (isAmong(subscriber)) members.set(userId, room?.members.get(userId)?.info);
    }
    return members;
  }

  /** All members as JSON: `{"presence":{"count":…,"ids":[…],"hash":{…}}}` (pusher-protocol.md, 3.2). */
  describe(appId: string, channel: string): string {
    const room = this.rooms.get(keyOf(appId, channel));
    if (room === undefined) return describeMembers(new Map());
    return (room.description ??= describeMembers(room.members));
  }

  private openRoom(appId: string, channel: string): Room {
    const key = keyOf(appId, channel);
    let room = this.rooms.get(key);
    if (room === undefined) {
      room = { members: new Map(), userIds: new Map(), description: undefined };
      this.rooms.set(key, room);
    }
    return room;
  }
}

/** Written by hand, because `__proto__` is a legal user id, and what is said about users is JSON already. */
function describeMembers(members: ReadonlyMap<string, Presented>): string {
  const hash = [...members].map(([userId, { info }]) => `${JSON.stringify(userId)}:${info ?? 'null'}`);
  const ids = JSON.stringify([...members.keys()]);
  return `{"presence":{"count":${members.size},"ids":${ids},"hash":{${hash.join(',')}}}}`;
}

/** An app's id has no slash. */
function keyOf(appId: string, channel: string): string {
  return `${appId}/${channel}`;
}
