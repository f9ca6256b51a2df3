import { readEvents, type StreamEvent } from './event-reader.js';
import type { LiveChange, LiveListOptions, LiveObject, LiveState } from './live-options.js';

/** The first and the longest wait before another try, in ms; each is up to twice as long as the one before. */
const WAITS: readonly [number, number] = [500, 30_000];

const SILENCE = 45_000;

/** What no further try will change. */
class Final extends Error {}

/**
 * A list kept in step: it is read, followed, and gone on with after every break, by the shortest way that misses
 * nothing: the changes since the last position, the objects that differ, or the whole list anew.
 */
export class LiveList {
  /** Why it has ended; never rejects. */
  readonly closed: Promise<string>;
  private at: string | undefined;
  private since: number | undefined;
  private end: string | undefined;
  private attempt = new AbortController();
  private failures = 0;
  private wake: () => void = () => undefined;

  /** @param url of the list, with its filters, if any */
  constructor(
    private readonly url: string,
    private readonly options: LiveListOptions,
  ) {
    this.at = options.position;
    this.since = options.since;
    this.closed = this.run();
  }

  /** Everything up to here has been told. */
  get position(): string | undefined {
    return this.at;
  }

  close(reason = 'closed'): void {
    this.end ??= reason;
    this.attempt.abort();
    this.wake();
  }

  private async run(): Promise<string> {
    // Whoever made it has it in hand before it says anything.
    await Promise.resolve();
    while (this.end === undefined) {
      let [wait, why]: [number, string | undefined] = [0, undefined];
      this.attempt = new AbortController();
      this.say('connecting');
      try {
        if (this.at === undefined && this.since === undefined) await this.readList();
        wait = await this.follow();
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
        if (error instanceof Final) this.close(why);
        wait = this.nextWait();
      }
      this.attempt.abort();
      if (this.end !== undefined || wait === 0) continue;
      this.say('waiting', why);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.say('closed', this.end);
    return this.end ?? 'closed';
  }

  private say(state: LiveState, reason?: string): void {
    this.options.onState?.(state, reason);
  }

  private nextWait(): number {
    const [first, longest] = WAITS;
    return Math.min(longest, first * 2 ** this.failures++) * (0.5 + Math.random() / 2);
  }

  /** @throws Error when another try may help, Final when none will */
  private async ask(url: string, accept: string): Promise<Response> {
    const { headers = {}, fetch: ask = fetch } = this.options;
    const own = typeof headers === 'function' ? await headers() : headers;
    const { signal } = this.attempt;
    const response = await ask(url, { headers: { ...own, accept }, signal });
    if (response.ok) return response;
    await response.body?.cancel();
    const { status } = response;
    const isFinal = status < 500 && ![401, 408, 425, 429].includes(status);
    // A token may have expired; asked for headers again, their owner may have another one.
    if (isFinal || (status === 401 && this.failures > 1)) throw new Final(`HTTP ${status}`);
    throw new Error(`HTTP ${status}`);
  }

  private async readList(): Promise<void> {
    const objects = new Map<string, LiveObject>();
    let position: string | undefined;
    for (let url: string | null = this.url; url !== null;) {
      const response: Response = await this.ask(url, 'application/json');
      position ??= response.headers.get('change-position') ?? undefined;
      const { data } = (await response.json()) as { data: readonly LiveObject[] };
      for (const object of data) objects.set(object.id, object);
      url = response.headers.get('next-page');
    }
    // What changed while page after page was read is told again from here on.
    if (position === undefined) throw new Final('the list has no position: it cannot be followed');
    await this.options.onSnapshot([...objects.values()]);
    this.moveTo(position);
  }

  private moveTo(position: string): void {
    this.since = undefined;
    if (position === this.at) return;
    this.at = position;
    this.options.onPosition?.(position);
  }

  /** @returns how long to wait before the next try, in ms */
  private async follow(): Promise<number> {
    const where = this.at === undefined ? `_since=%22${this.since}%22` : `_position=${encodeURIComponent(this.at)}`;
    const url = `${this.url}${this.url.includes('?') ? '&' : '?'}${where}`;
    const { body } = await this.ask(url, 'text/event-stream');
    if (body === null) throw new Error('an answer without a body');
    const { silence = SILENCE } = this.options;
    const { attempt } = this;
    let timer = setTimeout(() => attempt.abort(), silence);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => attempt.abort(), silence);
    };
    try {
      for await (const event of readEvents(body, alive)) {
        const wait = await this.take(event);
        if (wait !== undefined) return wait;
        if (this.end !== undefined) return 0;
      }
    } finally {
      clearTimeout(timer);
    }
    return this.nextWait();
  }

  /** @returns how long to wait before connecting again, in ms; `undefined`: it goes on */
  private async take({ event, data, retry }: StreamEvent): Promise<number | undefined> {
    const told = JSON.parse(data) as LiveChange & { resumed?: string; reason?: string };
    switch (event) {
      case 'open':
        if (this.at === undefined && told.resumed === 'live') this.moveTo(told.position!);
        this.failures = 0;
        this.say('live', told.resumed);
        return undefined;
      case 'create':
      case 'update':
      case 'delete':
      case 'leave':
        return this.change({ ...told, action: event });
      case 'checkpoint':
        this.moveTo(told.position!);
        return undefined;
      case 'reset':
        this.at = undefined;
        this.since = undefined;
        return 0;
      case 'revoked':
      case 'gone':
        this.close(event);
        return 0;
      case 'bye':
        return retry ?? this.nextWait();
      default:
        return undefined;
    }
  }

  private async change(change: LiveChange): Promise<number | undefined> {
    const { position, previous } = change;
    if (position !== undefined && this.at !== undefined) {
      if (!isNewer(position, this.at)) return undefined;
      // Something is missing in between: the server is asked for it.
      if (previous !== this.at) return this.nextWait();
    }
    await this.options.onChange(change.too_large === true ? await this.whole(change) : change);
    if (position !== undefined) this.moveTo(position);
    return undefined;
  }

  /** A frame has a limit, an object has not. One that is gone by now will be told to be. */
  private async whole(change: LiveChange): Promise<LiveChange> {
    const address = this.url.slice(0, this.url.indexOf('/buckets/')) + change.uri!;
    const response = await this.ask(address, 'application/json').catch((error: unknown) => {
      if (error instanceof Final && /40[34]/.test(error.message)) return undefined;
      throw error;
    });
    if (response === undefined) return change;
    const { data } = (await response.json()) as { data: LiveObject };
    return { ...change, data };
  }
}

/** Positions are `epoch.n.salt`: of one epoch, the larger `n` is the newer. Of another, the server has the word. */
function isNewer(position: string, than: string): boolean {
  const [epoch, n] = position.split('.');
  const [otherEpoch, otherN] = than.split('.');
  return epoch !== otherEpoch || Number(n) > Number(otherN);
}
