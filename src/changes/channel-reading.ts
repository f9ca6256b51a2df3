/** What a channel of a template may announce: the ids that its name tells, by placeholder, and the kind of object. */
export interface ChannelReading {
  /** `undefined`: the template does not say; objects of any kind. */
  readonly resourceName: string | undefined;
  /** `bucket_id`, `collection_id`, …; one that is not there may be any. */
  readonly ids: Readonly<Record<string, string>>;
}

/** More ways to read one name than this are nobody's honest channel; each of them costs a question to the database. */
const MAX_READINGS = 64;

/** What is tried before that is found out: a name may lead into many blind alleys. */
const MAX_STEPS = 5_000;

const ACTIONS = /^(create|update|delete)$/;

/** What the values of a placeholder look like in a channel's name (kinto-api.md, 2.1; pusher-protocol.md, 1.8). */
const VALUES: Readonly<Record<string, RegExp>> = {
  action: ACTIONS,
  timestamp: /^\d{1,16}$/,
  resource_name: /^[a-z_]+$/,
  bucket_id: /^[a-zA-Z0-9_-]+$/,
  collection_id: /^[a-zA-Z0-9_-]+$/,
  group_id: /^[a-zA-Z0-9_-]+$/,
  record_id: /^[a-zA-Z0-9_-]+$/,
};

const ANY_VALUE = /^[-a-zA-Z0-9_=@,.;]+$/;

/**
 * Reads a template backwards. Ids may contain what stands between them, so that `a-b-c-record` is (a-b, c) and (a, b-c):
 * then there are several readings, and the channel announces the changes of both.
 *
 * @param pieces of the template: texts and, in the odd places, names of placeholders
 * @returns `undefined` when the name is none of the template's, or can be read in too many ways
 */
export function readingsOf(pieces: readonly string[], channel: string): ChannelReading[] | undefined {
  const found: ChannelReading[] = [];
  const isWhole = collect({ pieces, channel, found, steps: 0 }, 0, 0, new Map());
  return isWhole && found.length > 0 ? found : undefined;
}

interface Search {
  readonly pieces: readonly string[];
  readonly channel: string;
  readonly found: ChannelReading[];
  steps: number;
}

/** @returns false when there are too many */
function collect(search: Search, index: number, from: number, values: ReadonlyMap<string, string>): boolean {
  const { pieces, channel, found } = search;
  if ((search.steps += 1) > MAX_STEPS) return false;
  const literal = pieces[index] ?? '';
  if (!channel.startsWith(literal, from)) return true;
  const start = from + literal.length;
  const placeholder = pieces[index + 1];
  if (placeholder === undefined) {
    if (start === channel.length) found.push(asReading(values));
    return found.length <= MAX_READINGS;
  }
  for (const end of endsOf(search, index, start)) {
    const value = channel.slice(start, end);
    if (!(VALUES[placeholder] ?? ANY_VALUE).test(value)) continue;
    const known = values.get(placeholder);
    if (known !== undefined && known !== value) continue;
    if (!collect(search, index + 2, end, new Map(values).set(placeholder, value))) return false;
  }
  return true;
}

/** Where the value that begins at `start` may end: before the next text, or at the end of the name. */
function endsOf({ pieces, channel }: Search, index: number, start: number): number[] {
  const next = pieces[index + 2] ?? '';
  const isLast = index + 2 >= pieces.length - 1;
  if (isLast) return channel.endsWith(next) ? [channel.length - next.length].filter((end) => end > start) : [];
  const ends: number[] = [];
  for (let end = start + 1; end < channel.length; end += 1) if (channel.startsWith(next, end)) ends.push(end);
  return ends;
}

function asReading(values: ReadonlyMap<string, string>): ChannelReading {
  const ids = [...values].filter(([name]) => name.endsWith('_id') && name !== 'user_id');
  return { resourceName: values.get('resource_name'), ids: Object.fromEntries(ids) };
}
