import { describe } from '../../../changes/registered-listener.js';
import { mergeLogged } from '../../../changes/resource-change.js';
import { Wakeable } from '../../../changes/wakeable.js';
import type { Hub } from '../../../realtime/hub.js';
import { journal, type LoggedChange } from '../../../storage/journal.js';
import { recordChanges } from '../../../storage/record-changes.js';
import type { Storage } from '../../../storage/storage.js';
import type { FrameReaders } from '../frame-readers.js';
import { channelsOf, scopeOf } from './item-channels.js';
import { ItemFollower, type FollowerStart, type ItemMessage, type Run } from './item-follower.js';

/** How many changes are read from the log at once. */
const BATCH = 128;

/** How many characters of objects are told before the sockets get a turn; see `changes/live-delivery.ts`. */
const TURN_CHARACTERS = 131_072;

/** How long to wait, in ms, when the database fails. */
const FAILURE_PAUSE = 1_000;

/** In ms: who has gone is forgotten at the next change of their channel, or then. */
const SWEEP_INTERVAL = 10_000;

const NOTHING: readonly ItemMessage[] = [];

export interface ItemsFeedParts {
  readonly storage: Storage;
  readonly readers: Pick<FrameReaders, 'visibleTo'>;
  readonly hub: Pick<Hub, 'publishEach' | 'subscribersTo'>;
  readonly appId: string;
  readonly maxEventBytes: number;
  readonly log: { error(message: string): void };
}

/**
 * Tells the channels of items what changes, object by object, in the order of the log and with each one's position. One
 * reader of the log's tail serves them all; who is behind it is told from the log until they have caught up. While
 * nobody follows, nothing is read.
 */
export class ItemsFeed {
  private readonly tail = new Wakeable(() => this.readOn());
  private readonly followers = new Map<string, Map<string, ItemFollower>>();
  private readonly behind = new Set<ItemFollower>();
  /** What the tail has told, or is telling just now. */
  private place = 0;
  private wasIdle = true;
  private readonly sweeper: NodeJS.Timeout;

  constructor(private readonly parts: ItemsFeedParts) {
    this.sweeper = setInterval(() => this.forgetGone(), SWEEP_INTERVAL).unref();
    parts.storage.onCommit(() => {
      if (this.followers.size > 0) this.tail.wake();
    });
  }

  /** To be called right behind the success of its subscription. */
  add(start: FollowerStart): void {
    const follower = new ItemFollower(start);
    this.wasIdle ||= this.followers.size === 0;
    const ofChannel = this.followers.get(start.channel) ?? new Map<string, ItemFollower>();
    this.followers.set(start.channel, ofChannel);
    const before = ofChannel.get(start.socketId);
    if (before !== undefined) this.behind.delete(before);
    ofChannel.set(start.socketId, follower);
    if (this.wasIdle || follower.place < this.place) this.behind.add(follower);
    this.tail.wake();
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    await this.tail.close();
  }

  /** @returns whether there is more to do at once */
  private async readOn(): Promise<boolean> {
    if (this.followers.size === 0) return false;
    try {
      if (this.wasIdle) await this.skipToTop();
      for (const follower of [...this.behind]) await this.catchUp(follower);
      const logged = await this.parts.storage.read(({ sql }) => journal.readAfter(sql, this.place, BATCH));
      let told = 0;
      for (const run of runsOf(logged)) {
        // First: who comes while this is being told is not among those it is told, and reads it from the log.
        this.place = run.entries.at(-1)!.id;
        for (const channel of channelsOf(run.entries[0]!.list)) await this.tell(run, channel);
        told = await giveWay(told, run);
      }
      return logged.length >= BATCH || this.behind.size > 0;
    } catch (error) {
      this.parts.log.error(`Items cannot be told: ${describe(error)}`);
      // Whom it was told already, and whom not, each follower knows.
      for (const follower of this.all()) this.behind.add(follower);
      await this.tail.pause(FAILURE_PAUSE);
      return true;
    }
  }

  /** What is skipped may be newer than where somebody begins. */
  private async skipToTop(): Promise<void> {
    this.place = await this.parts.storage.read(({ sql }) => journal.top(sql));
    this.wasIdle = false;
    for (const follower of this.all()) this.behind.add(follower);
  }

  private async catchUp(follower: ItemFollower): Promise<void> {
    const upTo = this.place;
    if (follower.place < upTo) {
      const missed = await this.parts.storage.read(async ({ sql }) => {
        await sql.placeChanges?.();
        return recordChanges.between(sql, scopeOf(follower.reading), { after: follower.place, upTo }, BATCH);
      });
      let told = 0;
      for (const run of runsOf(missed)) {
        await this.send(run, follower.channel, new Map([[follower.socketId, follower]]));
        told = await giveWay(told, run);
      }
      if (missed.length >= BATCH && this.isThere(follower)) return;
      follower.place = Math.max(follower.place, upTo);
    }
    this.behind.delete(follower);
  }

  private async tell(run: Run, channel: string): Promise<void> {
    const ofChannel = this.followers.get(channel);
    if (ofChannel === undefined) return;
    const live = new Map([...ofChannel].filter(([, follower]) => !this.behind.has(follower)));
    if (live.size > 0) await this.send(run, channel, live);
  }

  private async send(run: Run, channel: string, to: ReadonlyMap<string, ItemFollower>): Promise<void> {
    const { readers, hub, appId, maxEventBytes } = this.parts;
    const { change } = run;
    const visibleTo = await readers.visibleTo(change, change.impacted, channel, [...to.keys()]);
    const gone = new Set(to.keys());
    hub.publishEach(appId, channel, (socketId) => {
      const follower = to.get(socketId);
      if (follower === undefined || !this.isThere(follower)) return NOTHING;
      gone.delete(socketId);
      return follower.take(run, visibleTo(socketId), maxEventBytes);
    });
    for (const socketId of gone) this.forget(to.get(socketId)!);
  }

  private isThere(follower: ItemFollower): boolean {
    return this.followers.get(follower.channel)?.get(follower.socketId) === follower;
  }

  private forget(follower: ItemFollower): void {
    this.behind.delete(follower);
    if (!this.isThere(follower)) return;
    const ofChannel = this.followers.get(follower.channel);
    ofChannel?.delete(follower.socketId);
    if (ofChannel?.size === 0) this.followers.delete(follower.channel);
  }

  private forgetGone(): void {
    for (const [channel, ofChannel] of [...this.followers]) {
      const there = new Set(this.parts.hub.subscribersTo(this.parts.appId, channel));
      for (const follower of [...ofChannel.values()]) if (!there.has(follower.socketId)) this.forget(follower);
    }
  }

  private *all(): IterableIterator<ItemFollower> {
    for (const ofChannel of this.followers.values()) yield* ofChannel.values();
  }
}

/** Unlike a request's changes, which are merged by action, these are in the order of the log: positions only rise. */
function runsOf(logged: readonly LoggedChange[]): Run[] {
  const runs: LoggedChange[][] = [];
  for (const entry of logged) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run !== undefined && before !== undefined && isSameKind(before, entry)) run.push(entry);
    else runs.push([entry]);
  }
  return runs.map((entries) => ({
    entries,
    change: mergeLogged(entries)[0]!.changes[0]!,
    messages: new Map<string, ItemMessage>(),
  }));
}

function isSameKind(one: LoggedChange, other: LoggedChange): boolean {
  return (
    one.requestId === other.requestId &&
    one.action === other.action &&
    one.list.parentId === other.list.parentId &&
    one.list.resourceName === other.list.resourceName
  );
}

async function giveWay(told: number, { entries }: Run): Promise<number> {
  const now = entries.reduce((sum, { newText }) => sum + newText.length, told);
  if (now < TURN_CHARACTERS) return now;
  await new Promise((resolve) => setImmediate(resolve));
  return 0;
}
