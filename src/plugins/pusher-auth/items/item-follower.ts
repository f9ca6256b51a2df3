import { messagesWithin } from '../../../changes/payload.js';
import type { CommittedChange, ImpactedObject } from '../../../changes/resource-change.js';
import { formatPlace } from '../../../resources/live/list-place.js';
import type { LoggedChange } from '../../../storage/journal.js';
import { formatLogPoint } from './item-beginning.js';
import type { ItemReading } from './item-channels.js';

/** What goes out on a channel of items. */
export interface ItemMessage {
  readonly event: string;
  readonly data: string;
  readonly beside: Readonly<Record<string, string>>;
}

/** Changes that follow each other in the log and are of one list and one action. */
export interface Run {
  readonly entries: readonly LoggedChange[];
  /** The same as listeners are told it. */
  readonly change: CommittedChange;
  /** Made once for all who are told the same. */
  readonly messages: Map<string, ItemMessage>;
}

export interface FollowerStart {
  readonly channel: string;
  readonly socketId: string;
  readonly reading: ItemReading;
  readonly isWhole: boolean;
  /** See {@link ItemBeginning}. */
  readonly place: number;
  readonly told: string;
}

/** One subscription to a channel of items: how far it was told, and what it is told next. */
export class ItemFollower {
  readonly channel: string;
  readonly socketId: string;
  readonly reading: ItemReading;
  /** The global position of the last change that was dealt with. */
  place: number;
  private told: string;
  private readonly isWhole: boolean;
  /** Whether something has passed it by that it may not read. */
  private hasMissed = false;

  constructor({ channel, socketId, reading, isWhole, place, told }: FollowerStart) {
    this.channel = channel;
    this.socketId = socketId;
    this.reading = reading;
    this.isWhole = isWhole;
    this.place = place;
    this.told = told;
  }

  /** @param visible what of the run it may see */
  take({ entries, change, messages }: Run, visible: readonly ImpactedObject[], maxBytes: number): ItemMessage[] {
    const shown = new Map(visible.map((object) => [object.position.n, object]));
    const taken: ItemMessage[] = [];
    for (const entry of entries) {
      if (entry.id <= this.place) continue;
      this.place = entry.id;
      const object = shown.get(entry.position.n);
      if (object === undefined) {
        this.hasMissed = true;
        continue;
      }
      const position = this.positionOf(entry);
      const reason = this.reasonToReset(entry);
      if (reason !== undefined) taken.push(this.reset(reason, position));
      const key = `${position} ${this.told}`;
      let message = messages.get(key);
      if (message === undefined) {
        const [data = ''] = messagesWithin(maxBytes, 'object', change, [object]);
        message = { event: change.action, data, beside: this.beside(entry, position) };
        messages.set(key, message);
      }
      taken.push(message);
      this.told = position;
    }
    return taken;
  }

  private beside(entry: LoggedChange, position: string): ItemMessage['beside'] {
    const beside = { position, previous: this.told };
    if (this.isOfList) return beside;
    // The item itself does not say which collection it is in.
    return { ...beside, uri: `${entry.list.parentId}/${entry.list.resourceName}s/${entry.objectId}` };
  }

  /** Says plainly that there were changes that nobody will tell it: it has to read anew, up to this position. */
  private reset(reason: string, position: string): ItemMessage {
    const message = {
      event: 'reset',
      data: JSON.stringify({ reason, position }),
      beside: { position, previous: this.told },
    };
    this.told = position;
    return message;
  }

  private reasonToReset({ position }: LoggedChange): 'new_history' | 'access_changed' | undefined {
    const hasMissed = this.hasMissed && this.isWhole;
    this.hasMissed = false;
    const epoch = this.told.split('.', 1)[0];
    // The list was removed and made again: what was in it went without a word for each (seed-systems.md, 1.5, P9).
    if (this.isOfList && epoch !== position.epoch && epoch !== '0') return 'new_history';
    return hasMissed ? 'access_changed' : undefined;
  }

  private positionOf({ position, id }: LoggedChange): string {
    if (this.isOfList) return formatPlace({ position, isPartial: !this.isWhole });
    return formatLogPoint({ id, salt: position.salt });
  }

  private get isOfList(): boolean {
    return this.reading.ids.collection_id !== undefined;
  }
}
