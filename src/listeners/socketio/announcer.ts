import type { Logger } from '@nestjs/common';
import type { CommittedChange } from '../../changes/resource-change.js';
import type { UserId } from '../../resources/readers.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { isWithin } from './namespace.js';
import type { ToldObject, Visibility, Visible, VisiblePart } from './visibility.js';

/** Somebody who hears of what changes in a view. */
export interface Audience {
  readonly userId: UserId;
  /** The URI of a bucket or a collection, or `''` for everything. */
  readonly view: string;
  hear(place: ResourcePlace, part: VisiblePart): void;
  /** All of it has been heard. */
  tell(): void;
}

/** How many objects may be gathered before the log is read no further. */
const MOST_GATHERED = 2000;

/** How long to wait, in ms, when the database fails. */
const FAILURE_PAUSE = 1_000;

interface Gathered {
  readonly place: ResourcePlace;
  readonly objects: ToldObject[];
}

/**
 * Gathers what changes for a moment, then asks once who of the audience may hear what of it. So a burst of writes is one
 * question and one message, and it is the rights at the moment of telling that count.
 */
export class Announcer {
  private gathered = new Map<string, Gathered>();
  private count = 0;
  private timer: NodeJS.Timeout | undefined;
  private telling: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly visibility: Visibility,
    private readonly audience: () => Iterable<Audience>,
    private readonly log: Pick<Logger, 'warn'>,
    /** In ms. */
    private readonly pause: number,
  ) {}

  /** @returns what to wait for when there is enough already */
  add({ id, action, resourceName, parentParts, parentId, impacted }: CommittedChange): Promise<void> | void {
    const place = this.visibility.findPlace(resourceName, parentParts);
    if (this.isClosed || place?.list.parentId !== parentId) return;
    const gathered = this.gathered.get(place.listUri) ?? { place, objects: [] };
    this.gathered.set(place.listUri, gathered);
    const [requestId = ''] = id.split(':', 1);
    for (const { id: objectId, position, timestamp, userId, principals } of impacted) {
      gathered.objects.push({ id: objectId, position, timestamp, userId, principals, action, requestId });
    }
    this.count += impacted.length;
    if (this.count > MOST_GATHERED) return this.flush();
    this.timer ??= setTimeout(() => void this.flush(), this.pause).unref();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.telling;
  }

  private flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lists = [...this.gathered.values()];
    this.gathered = new Map();
    this.count = 0;
    this.telling = this.telling.then(() => this.announce(lists));
    return this.telling;
  }

  private async announce(lists: readonly Gathered[]): Promise<void> {
    // Who comes while the database is asked has come after these changes.
    const audience = [...this.audience()].filter(({ view }) => lists.some(({ place }) => isConcerned(view, place)));
    if (audience.length === 0) return;
    const visible = await this.askUntilAnswered(lists, [...new Set(audience.map(({ userId }) => userId))]);
    for (const one of audience) {
      const parts = visible?.get(one.userId);
      if (parts === undefined) continue;
      for (const [index, { place }] of lists.entries()) {
        const part = inView(one.view, place, parts[index]!);
        if (part.objects.length > 0) one.hear(place, part);
      }
      one.tell();
    }
  }

  /** A database that fails makes it late, and loses nothing. */
  private async askUntilAnswered(
    lists: readonly Gathered[],
    userIds: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, Visible> | undefined> {
    while (!this.isClosed) {
      try {
        return await this.visibility.of(lists, userIds);
      } catch (error) {
        this.log.warn(`Sockets cannot be told of changes: ${error instanceof Error ? error.message : String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, FAILURE_PAUSE).unref());
      }
    }
    return undefined;
  }
}

/** Whether something in the list may be in the view. */
function isConcerned(view: string, { listUri }: ResourcePlace): boolean {
  return isWithin(view, listUri) || view.startsWith(`${listUri}/`);
}

function inView(view: string, { listUri }: ResourcePlace, part: VisiblePart): VisiblePart {
  if (isWithin(view, listUri)) return part;
  return { ...part, objects: part.objects.filter(({ id }) => view === `${listUri}/${id}`) };
}
