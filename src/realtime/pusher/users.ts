import type { Close } from '../close-codes.js';
import { textFrame } from '../frame.js';
import type { Subscriber } from '../hub.js';
import { watchlistEvents } from './messages.js';

/** A connection that can be signed in. */
export interface UserConnection extends Subscriber {
  close(close: Close): void;
}

/**
 * Which connections of this process are signed in as whom, and who watches whom. A user is online from the first such
 * connection to the last.
 */
export class Users {
  /** Told of each connection that is signed in, and that is not any more. */
  onChange: ((appId: string, userId: string, connection: UserConnection) => void) | undefined;
  private readonly connections = new Map<string, Set<UserConnection>>();
  private readonly watchers = new Map<string, Set<UserConnection>>();
  private readonly watching = new Map<UserConnection, readonly string[]>();

  /** The connection is signed in. Who watches the user is told if this is the first. */
  arrive(appId: string, userId: string, connection: UserConnection): void {
    if (addTo(this.connections, keyOf(appId, userId), connection)) this.tellWatchers(appId, userId, 'online');
    this.onChange?.(appId, userId, connection);
  }

  /** The connection is gone, and watches nobody any more. Who watches the user is told if it was the last. */
  depart(appId: string, userId: string, connection: UserConnection): void {
    this.watch(appId, connection, []);
    if (removeFrom(this.connections, keyOf(appId, userId), connection)) this.tellWatchers(appId, userId, 'offline');
    this.onChange?.(appId, userId, connection);
  }

  isOnline(appId: string, userId: string): boolean {
    return this.connections.has(keyOf(appId, userId));
  }

  /** Whether the user is signed in on one of these connections. */
  isOnlineAmong(appId: string, userId: string, isAmong: (connection: UserConnection) => boolean): boolean {
    return [...(this.connections.get(keyOf(appId, userId)) ?? [])].some(isAmong);
  }

  /** Everybody who is signed in, with their app. */
  all(): (readonly [appId: string, userId: string])[] {
    return [...this.connections.keys()].map((key) => {
      const slash = key.indexOf('/');
      return [key.slice(0, slash), key.slice(slash + 1)];
    });
  }

  /** From now on the connection is told when these users come and go, and no others. */
  watch(appId: string, connection: UserConnection, userIds: readonly string[]): void {
    for (const userId of this.watching.get(connection) ?? []) {
      removeFrom(this.watchers, keyOf(appId, userId), connection);
    }
    for (const userId of userIds) addTo(this.watchers, keyOf(appId, userId), connection);
    if (userIds.length > 0) this.watching.set(connection, userIds);
    else this.watching.delete(connection);
  }

  /** Closes every connection that is signed in as the user. */
  terminate(appId: string, userId: string, close: Close): void {
    for (const connection of [...(this.connections.get(keyOf(appId, userId)) ?? [])]) connection.close(close);
  }

  private tellWatchers(appId: string, userId: string, now: 'online' | 'offline'): void {
    const watchers = this.watchers.get(keyOf(appId, userId));
    const text = now === 'online' ? watchlistEvents([userId], []) : watchlistEvents([], [userId]);
    if (watchers === undefined || text === undefined) return;
    const frame = textFrame(text);
    for (const watcher of watchers) watcher.send(frame);
  }
}

/** An app's id has no slash. */
function keyOf(appId: string, userId: string): string {
  return `${appId}/${userId}`;
}

/** Answers whether it is the first below the key. */
function addTo(sets: Map<string, Set<UserConnection>>, key: string, connection: UserConnection): boolean {
  const set = sets.get(key);
  if (set !== undefined) set.add(connection);
  else sets.set(key, new Set([connection]));
  return set === undefined;
}

/** Answers whether it was the last below the key. */
function removeFrom(sets: Map<string, Set<UserConnection>>, key: string, connection: UserConnection): boolean {
  const set = sets.get(key);
  if (set?.delete(connection) !== true || set.size > 0) return false;
  sets.delete(key);
  return true;
}
