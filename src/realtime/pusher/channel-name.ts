/**
 * The kinds of channels by their prefix, tried in this order (pusher-protocol.md, 1.8). A prefix counts at the start
 * of the name only: `my-cache-x` is an ordinary public channel.
 */
const PREFIXES = [
  ['private-encrypted-cache-', 'private-encrypted-cache'],
  ['private-encrypted-', 'private-encrypted'],
  ['private-cache-', 'private-cache'],
  ['private-', 'private'],
  ['presence-cache-', 'presence-cache'],
  ['presence-', 'presence'],
  ['cache-', 'cache'],
  ['#server-to-user-', 'user'],
] as const;

export type ChannelKind = (typeof PREFIXES)[number][1] | 'public';

export function kindOf(channel: string): ChannelKind {
  for (const [prefix, kind] of PREFIXES) {
    if (channel.startsWith(prefix)) return kind;
  }
  return 'public';
}

export function isPresence(channel: string): boolean {
  return channel.startsWith('presence-');
}

export function isEncrypted(channel: string): boolean {
  return channel.startsWith('private-encrypted-');
}

export function isCache(channel: string): boolean {
  return CACHE.test(channel);
}

export function isPublic(channel: string): boolean {
  const kind = kindOf(channel);
  return kind === 'public' || kind === 'cache';
}

export function isUser(channel: string): boolean {
  return channel.startsWith(USER_PREFIX);
}

/** The channel on which a user gets what is for them alone. */
export function userChannel(userId: string): string {
  return USER_PREFIX + userId;
}

/** Whether a user whose channel must have a name may have this id. */
export function isUserId(id: string, maxLength: number): boolean {
  return id.length <= maxLength && NAME.test(id);
}

/** Whether a channel may have this name. A user's channel is its prefix and an id of the same characters. */
export function isChannelName(name: string, maxLength: number): boolean {
  return name.length <= maxLength && NAME.test(isUser(name) ? name.slice(USER_PREFIX.length) : name);
}

const USER_PREFIX = '#server-to-user-';
/** One test, because every published message is asked. */
const CACHE = /^(?:private-encrypted-|private-|presence-)?cache-/;
const NAME = /^[-a-zA-Z0-9_=@,.;]+$/;
