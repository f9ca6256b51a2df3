const ID = '[^/]+';

// The list of buckets, or anything below it, and two asterisks behind any.
const PATTERN = new RegExp(
  `^/buckets(/${ID}(/groups(/${ID})?|/collections(/${ID}(/records(/${ID})?)?)?)?)?(/\\*\\*)?$`,
);

const LONGEST = 512;

const DEEPER = '/**';

/** Whether an object of that URI belongs to a stream. */
export type IsInScope = (uri: string) => boolean;

/** Whether it is a pattern (seed-systems.md, 6.3): one asterisk stands for exactly one id, two at the end for all below. */
export function isScopePattern(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LONGEST && PATTERN.test(text);
}

/** A pattern of an object covers it, one of a list its members, and nothing deeper by itself. No pattern: everything. */
export function scopeOf(patterns: readonly string[]): IsInScope {
  if (patterns.length === 0) return () => true;
  const tests = patterns.map(patternTest);
  return (uri) => {
    const segments = uri.split('/');
    return tests.some((isCovered) => isCovered(segments));
  };
}

function patternTest(pattern: string): (segments: readonly string[]) => boolean {
  const isDeep = pattern.endsWith(DEEPER);
  const wanted = (isDeep ? pattern.slice(0, -DEEPER.length) : pattern).split('/');
  // An object's URI has an empty first segment and then pairs.
  const isList = wanted.length % 2 === 0;
  const most = isDeep ? Infinity : wanted.length + (isList ? 1 : 0);
  const least = wanted.length + (isList ? 1 : 0);
  return (segments) => {
    if (segments.length < least || segments.length > most) return false;
    return wanted.every((part, index) => part === '*' || part === segments[index]);
  };
}

/** The URI of the bucket or collection that all of a pattern lies in or below; `undefined`: no single one. */
export function rootOf(pattern: string): string | undefined {
  const segments = pattern.split('/').slice(1);
  let root: string | undefined;
  for (const depth of [2, 4]) {
    const [plural, id] = segments.slice(depth - 2, depth);
    const isObject = (plural === 'buckets' || plural === 'collections') && id !== undefined && !id.startsWith('*');
    if (!isObject) break;
    root = `/${segments.slice(0, depth).join('/')}`;
  }
  return root;
}
