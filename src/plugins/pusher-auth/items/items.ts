import type { ChannelTemplate } from '../../../changes/channel-template.js';
import type { Welcome } from '../../../realtime/pusher/admission.js';
import type { Storage } from '../../../storage/storage.js';
import type { JsonValue } from '../../../wire/json.js';
import { beginItems, type ReplayLimits } from './item-beginning.js';
import {
  collectionChannel,
  ITEM_PREFIXES,
  personalChannel,
  readItemChannel,
  type ItemReading,
} from './item-channels.js';
import type { ItemsFeed } from './items-feed.js';

/** The id of somebody's own bucket; `undefined` where nobody has one. */
export type OwnBucketOf = (userId: string) => string | undefined;

/** The longest name that server libraries sign for (pusher-protocol.md, 1.8). */
const LONGEST_NAME = 200;

/** Who wants to hear of the items of a channel. */
export interface ItemsAsked {
  readonly channel: string;
  readonly socketId: string;
  readonly reading: ItemReading;
  readonly position: JsonValue | undefined;
  readonly isWhole: boolean;
}

/** The channels that are there without a listener in the settings: items, as their list has them (seed-systems.md, 2.3). */
export class Items {
  /** What listeners of the settings announce on channels of these names instead. */
  private taken: ReadonlySet<string> = new Set();

  constructor(
    private readonly storage: Storage,
    private readonly feed: ItemsFeed,
    readonly ownBucketOf: OwnBucketOf,
    private readonly limits: ReplayLimits,
    /** Whether there are any such channels. */
    private readonly isOn: boolean,
  ) {}

  /** Where listeners announce on channels of the same names, these keep out of their way. */
  giveWayTo(templates: readonly ChannelTemplate[]): void {
    const taken = ITEM_PREFIXES.filter((prefix) => templates.some((template) => template.prefix.startsWith(prefix)));
    this.taken = new Set(taken);
  }

  /** What of items a channel announces; `undefined`: none. */
  read(channel: string): ItemReading | undefined {
    const reading = readItemChannel(channel);
    return !this.isOn || reading === undefined || this.isTaken(channel) ? undefined : reading;
  }

  /** Whether it is about the user's own bucket. */
  isOwn({ ids }: ItemReading, userId: string | undefined): boolean {
    return userId !== undefined && this.ownBucketOf(userId) === ids.bucket_id;
  }

  /** The channel of everything in the user's own bucket. */
  personalChannelOf(userId: string): string | undefined {
    const bucketId = this.ownBucketOf(userId);
    const channel = bucketId === undefined ? undefined : personalChannel(bucketId);
    return channel === undefined || this.read(channel) === undefined ? undefined : channel;
  }

  /** `undefined`: there is no such channel. */
  channelOf(bucketId: string, collectionId: string): string | undefined {
    const channel = collectionChannel(bucketId, collectionId);
    return channel.length > LONGEST_NAME || this.read(channel) === undefined ? undefined : channel;
  }

  /** What somebody who was let in is told with the success of the subscription, and hears from then on. */
  async welcome({ channel, socketId, reading, position, isWhole }: ItemsAsked): Promise<Welcome> {
    const asked = { reading, position, isWhole };
    const { place, told, data } = await this.storage.read(({ sql }) => beginItems(sql, asked, this.limits));
    return { data, begin: () => this.feed.add({ channel, socketId, reading, isWhole, place, told }) };
  }

  close(): Promise<void> {
    return this.feed.close();
  }

  private isTaken(channel: string): boolean {
    return [...this.taken].some((prefix) => channel.startsWith(prefix));
  }
}
