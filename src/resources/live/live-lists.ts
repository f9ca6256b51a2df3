import type { Logger } from '@nestjs/common';
import { describe } from '../../changes/registered-listener.js';
import { Wakeable } from '../../changes/wakeable.js';
import { journal, type LoggedChange } from '../../storage/journal.js';
import type { ObjectList, Storage } from '../../storage/storage.js';
import { isJsonObject, parseJsonText } from '../../wire/json.js';
import { AUTHENTICATED, EVERYONE } from '../../wire/principals.js';
import type { LiveAccess } from './live-access.js';
import { LiveChange } from './live-change.js';
import type { LiveSink, LiveStart } from './live-start.js';
import { LiveSubscription } from './live-subscription.js';

/** How many changes are read from the log at once. */
const BATCH = 128;

/** How long to wait, in ms, when the database fails. */
const FAILURE_PAUSE = 1_000;

/** The resources whose changes mean nothing for who somebody is. */
const PLACES = ['bucket', 'collection', 'record', 'group'];

export interface LiveListsParts {
  readonly storage: Storage;
  readonly access: LiveAccess;
  readonly log: Pick<Logger, 'warn'>;
  /** How large, in bytes, one frame may be; by default any size. */
  readonly maxFrameBytes?: number;
}

/**
 * Everybody in this process who follows a list, whatever the transport. One reader of the log's tail serves them all:
 * a change is looked up by its list, and no database is asked for those who may read the whole of it. Changes of what
 * lies above a list, of groups and of accounts have the rights asked about anew before anything that came after them.
 */
export class LiveLists {
  private readonly tail = new Wakeable(() => this.readOn());
  private readonly all = new Set<LiveSubscription>();
  private readonly byList = new Index();
  private readonly byAbove = new Index();
  private readonly byUser = new Map<string, number>();
  private place = 0;
  /** Nobody was there: what lies behind the place is nothing to those who are now. */
  private wasIdle = true;

  constructor(private readonly parts: LiveListsParts) {
    parts.storage.onCommit(() => {
      if (this.all.size > 0) this.tail.wake();
    });
  }

  get count(): number {
    return this.all.size;
  }

  /** How many that user has. */
  countOf(userId: string): number {
    return this.byUser.get(userId) ?? 0;
  }

  /** From now on the sink is told what the start asks for, until its subscription ends. */
  add(start: LiveStart, sink: LiveSink): LiveSubscription {
    const { storage, access, maxFrameBytes } = this.parts;
    const subscription = new LiveSubscription(start, sink, {
      storage,
      access,
      maxFrameBytes,
      ended: (ended) => this.remove(ended),
      failed: (error) => this.parts.log.warn(`A live list could not be read: ${describe(error)}`),
    });
    this.wasIdle ||= this.all.size === 0;
    this.all.add(subscription);
    this.byList.add(keyOf(start.place.list), subscription);
    for (const uri of Object.values(start.place.above)) this.byAbove.add(uri, subscription);
    this.countUser(subscription.userId, 1);
    this.tail.wake();
    subscription.open();
    return subscription;
  }

  /** Has everybody's rights asked about anew, and who they are: for what no change in the log tells. */
  recheckAll(): void {
    for (const subscription of this.all) subscription.recheck(true);
  }

  /** Nobody is told any more. Those that there are must have been ended. */
  async close(): Promise<void> {
    await this.tail.close();
  }

  private remove(subscription: LiveSubscription): void {
    this.all.delete(subscription);
    this.byList.delete(keyOf(subscription.place.list), subscription);
    for (const uri of Object.values(subscription.place.above)) this.byAbove.delete(uri, subscription);
    this.countUser(subscription.userId, -1);
  }

  private countUser(userId: string | undefined, difference: number): void {
    if (userId === undefined) return;
    const count = this.countOf(userId) + difference;
    if (count === 0) this.byUser.delete(userId);
    else this.byUser.set(userId, count);
  }

  /** @returns whether there is more to read at once */
  private async readOn(): Promise<boolean> {
    try {
      if (this.wasIdle) await this.skipToTop();
      const logged = await this.parts.storage.read(({ sql }) => journal.readAfter(sql, this.place, BATCH));
      for (const change of logged) {
        this.tell(change);
        this.place = change.id;
      }
      return logged.length >= BATCH;
    } catch (error) {
      this.parts.log.warn(`Live lists cannot be told, the log cannot be read: ${describe(error)}`);
      await this.tail.pause(FAILURE_PAUSE);
      return true;
    }
  }

  /** What is skipped may be newer than what a subscription has read for itself, so each reads once more. */
  private async skipToTop(): Promise<void> {
    this.place = await this.parts.storage.read(({ sql }) => journal.top(sql));
    this.wasIdle = false;
    for (const subscription of this.all) subscription.recheck();
  }

  private tell(logged: LoggedChange): void {
    this.recheckAffected(logged);
    const followers = this.byList.get(keyOf(logged.list));
    if (followers === undefined) return;
    const [any] = followers;
    if (any === undefined) return;
    const change = new LiveChange(logged, any.place.listUri, this.parts.maxFrameBytes);
    for (const subscription of [...followers]) subscription.offer(change);
  }

  /** Whose rights may have changed by this. */
  private recheckAffected({ list, objectId, action, newText, oldText }: LoggedChange): void {
    const { parentId, resourceName } = list;
    if (!PLACES.includes(resourceName)) {
      // An account: a password is another one now. Of other resources it is not known what hangs on them.
      this.recheckAll();
    } else if (resourceName === 'group') {
      const members = new Set([...membersOf(newText), ...membersOf(oldText)]);
      const isForAll = members.has(AUTHENTICATED) || members.has(EVERYONE);
      for (const each of this.all) if (isForAll || members.has(each.userId ?? '')) each.recheck();
    } else if (resourceName === 'bucket' && action === 'delete') {
      // Its groups went with it, and they may have been let in anywhere.
      for (const each of this.all) each.recheck();
    }
    for (const each of this.byAbove.get(`${parentId}/${resourceName}s/${objectId}`) ?? []) each.recheck();
  }
}

/** Subscriptions by a text. */
class Index {
  private readonly sets = new Map<string, Set<LiveSubscription>>();

  get(key: string): ReadonlySet<LiveSubscription> | undefined {
    return this.sets.get(key);
  }

  add(key: string, subscription: LiveSubscription): void {
    const set = this.sets.get(key);
    if (set === undefined) this.sets.set(key, new Set([subscription]));
    else set.add(subscription);
  }

  delete(key: string, subscription: LiveSubscription): void {
    const set = this.sets.get(key);
    set?.delete(subscription);
    if (set?.size === 0) this.sets.delete(key);
  }
}

function keyOf({ parentId, resourceName }: ObjectList): string {
  return `${resourceName} ${parentId}`;
}

function membersOf(text: string | null): string[] {
  const group = text === null ? {} : parseJsonText(text);
  const members = isJsonObject(group) ? group.members : undefined;
  return Array.isArray(members) ? members.filter((member) => typeof member === 'string') : [];
}
