/** With optional credentials, a path, and the database as `?db=`. */
const UNIX = /^unix:\/\/([^@/?#]*@)?\/[^?#]+(\?db=\d+)?$/;
const DATABASE = /^(\/\d*)?$/;

/**
 * Whether the client can make something of it. It would say so only when it connects, in an error that holds the
 * whole text, and the text may hold a password.
 */
export function isRedisUrl(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  try {
    // A stray per cent sign in a password.
    decodeURIComponent(text);
    if (UNIX.test(text)) return true;
    const { protocol, hostname, pathname } = new URL(text);
    return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '' && DATABASE.test(pathname);
  } catch {
    return false;
  }
}

/** What must not be repeated in a log: the password, as it is written and as it is meant. */
export function secretsOf(url: string): string[] {
  const password = /^[a-z]+:\/\/[^:@/]*:([^@/]*)@/.exec(url)?.[1] ?? '';
  return password === '' ? [] : [...new Set([decodeURIComponent(password), password])];
}
