import type { Answer, Json, JsonMap } from './step.js';

/** Who and where a scenario is: the same for both servers. */
export interface World {
  /** Begins every name, so that no scenario meets what another has left. */
  readonly name: string;
  /** ms; the moment the scenario began. */
  readonly now: number;
  principalOf(user: string): string;
  authorizationOf(user: string): string;
  tokenOf(name: string): string;
  follow(location: string, user: string): Promise<string>;
}

/** ms; before anything that happens here. */
const A_MINUTE = 60_000;

type Kind = 'etag' | 'stamp' | 'id' | 'next' | 'more' | 'state' | 'back';

const PLACEHOLDER = /\{\{(\w+)(?::([\w-]+))?([+-]\d+)?\}\}/g;

/**
 * What one server has answered so far, and what placeholders mean to it:
 *
 * - `{{name}}`: what every name of the scenario begins with; `{{user:alice}}`: a principal; `{{token:alice}}`: what the
 *   profile gives them
 * - `{{now+5000}}`: ms
 * - `{{etag:0}}`, `{{stamp:2-1}}`: a number of an ETag, a `last_modified`, of the list that is asked for; the last, the
 *   one before, … where there are so many. Of other lists it would be luck whether two are equal
 * - `{{id:0}}`, `{{next:0}}`, `{{more:0}}`: an id, the path of a Next-Page, that of a DELETE; of any list
 * - `{{state:0}}`, `{{back:0}}`: what a login is known by, and the path that it comes back to
 */
export class Memory {
  private readonly seen: Record<Kind, { readonly list: string; readonly value: string }[]> = {
    etag: [],
    stamp: [],
    id: [],
    next: [],
    more: [],
    state: [],
    back: [],
  };

  constructor(private readonly world: World) {}

  /** @param list what the request is about, as `listOf` says it */
  fill(text: string, list = ''): string {
    return text.replace(PLACEHOLDER, (_all, kind: string, which: string | undefined, offset: string | undefined) =>
      this.valueOf(kind, which, Number(offset ?? 0), list),
    );
  }

  /** A string that is one placeholder with `#`, `{{#stamp:0}}`, becomes a number. */
  fillJson(value: Json, list: string): Json {
    if (typeof value === 'string') {
      const number = /^\{\{#(.*)\}\}$/.exec(value);
      return number === null ? this.fill(value, list) : Number(this.fill(`{{${number[1]!}}}`, list));
    }
    if (Array.isArray(value)) return value.map((item: Json) => this.fillJson(item, list));
    if (value === null || typeof value !== 'object') return value;
    const filled = Object.entries(value as JsonMap).map(
      ([key, item]) => [this.fill(key), this.fillJson(item, list)] as const,
    );
    return Object.fromEntries(filled);
  }

  private valueOf(kind: string, which: string | undefined, offset: number, list: string): string {
    if (kind === 'name') return this.world.name;
    if (kind === 'user') return this.world.principalOf(which ?? '');
    if (kind === 'token') return this.world.tokenOf(which ?? '');
    if (kind === 'now') return String(this.world.now + offset);
    const isTime = kind === 'etag' || kind === 'stamp';
    const values = this.seen[kind as Kind].filter((each) => !isTime || each.list === list).map(({ value }) => value);
    const value = values[values.length - 1 - Number(which ?? 0)] ?? values[0];
    if (value === undefined) return this.missing(kind as Kind);
    return offset === 0 ? value : String(Number(value) + offset);
  }

  private missing(kind: Kind): string {
    if (kind === 'next' || kind === 'more' || kind === 'back') return '/v1/';
    if (kind === 'state') return 'unknown';
    return kind === 'id' ? `${this.world.name}none` : String(this.world.now - A_MINUTE);
  }

  /** Takes from two answers what both have, so that `{{etag:1}}` is the same request's in both memories. */
  static learn(
    list: string,
    method: string,
    kinto: readonly [Memory, Answer],
    kumocast: readonly [Memory, Answer],
  ): void {
    // Nobody has seen the ids of these before, so that none of Kinto's is known to stand for one of ours.
    const isUnknown = method === 'DELETE' && list.endsWith('/history');
    for (const kind of ['etag', 'stamp', 'id', 'state', method === 'DELETE' ? 'more' : 'next'] as const) {
      if (kind === 'id' && isUnknown) continue;
      const left = VALUES[kind](kinto[1]);
      const right = VALUES[kind](kumocast[1]);
      if (left === undefined || right === undefined) continue;
      kinto[0].seen[kind].push({ list, value: left });
      kumocast[0].seen[kind].push({ list, value: right });
    }
  }

  /** The two places that a followed redirect has come back to. */
  static comeBack(kinto: readonly [Memory, string], kumocast: readonly [Memory, string]): void {
    for (const [{ seen }, value] of [kinto, kumocast]) seen.back.push({ list: '', value });
  }
}

const VALUES: Record<Exclude<Kind, 'back'>, (answer: Answer) => string | undefined> = {
  etag: ({ headers }) => /^"(\d+)"$/.exec(headers.get('etag') ?? '')?.[1],
  stamp: ({ text }) => /"last_modified":(\d+)/.exec(text)?.[1],
  id: ({ text }) => idIn(text),
  state: ({ headers }) => /[?&]state=(\w+)/.exec(headers.get('location') ?? '')?.[1],
  next: nextPage,
  more: nextPage,
};

function nextPage({ headers }: Answer): string | undefined {
  return headers.get('next-page')?.replace(/^https?:\/\/[^/]*/, '');
}

/** Of the object, or of the first of the list. */
function idIn(text: string): string | undefined {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    const [object] = Array.isArray(data) ? (data as unknown[]) : [data];
    const id = object !== null && typeof object === 'object' ? (object as Record<string, unknown>).id : undefined;
    return typeof id === 'string' && /^[\w-]+$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
