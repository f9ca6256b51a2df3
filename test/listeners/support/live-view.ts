import type { JsonObject } from '../../../src/wire/json.js';
import type { TestServer, User } from '../../support/server.js';
import { LiveReader, type ReadEvent } from './live-reader.js';

/** One client by the book (seed-systems.md, 1.3): it keeps a view of a list, from what it is told and nothing else. */
export class LiveView {
  readonly view = new Map<string, JsonObject>();
  /** The places of all changes it was ever told. */
  readonly told: string[] = [];
  private reader: LiveReader | undefined;
  private looked = 0;
  private position: string | undefined;
  private incoming: JsonObject[] | undefined;

  constructor(
    readonly auth: User,
    private readonly list: string,
    /** As in the query string; it is told every single change without one. */
    private readonly filter = '',
  ) {}

  /** As a network does. */
  drop(): void {
    this.reader?.drop();
    this.reader = undefined;
  }

  /**
   * Reads on, connecting again as often as it takes, until the view has that version of the object, or the list is
   * refused.
   *
   * @returns whether it may read the list
   */
  async follow(server: TestServer, id: string, version: number): Promise<boolean> {
    while (this.view.get(id)?.version !== version || this.incoming !== undefined) {
      if (!(await this.connect(server))) return false;
      const reader = this.reader!;
      await reader.until(() => reader.events.length > this.looked || reader.isEnded, `version ${version} of ${id}`);
      const event = reader.events[this.looked];
      if (event === undefined) this.drop();
      else await this.take(server, event);
    }
    return true;
  }

  /** Takes what has arrived, and waits for nothing. */
  async takeArrived(server: TestServer): Promise<void> {
    while (this.reader !== undefined && this.reader.events.length > this.looked) {
      await this.take(server, this.reader.events[this.looked]!);
    }
  }

  /** The list as it is, asked by the same user: what the view must be. */
  async fresh(server: TestServer): Promise<{ status: number; view: Map<string, JsonObject> }> {
    const answer = await server.request('GET', `${this.list}?${this.filter}`, { auth: this.auth });
    const objects = answer.status === 200 ? answer.list : [];
    return { status: answer.status, view: new Map(objects.map((object) => [object.id as string, object])) };
  }

  private async connect(server: TestServer): Promise<boolean> {
    if (this.reader !== undefined) return true;
    const path = `${this.list}?_snapshot=true&${this.filter}`;
    const reader = await LiveReader.open(server, path, { auth: this.auth, after: this.position });
    if (reader.status !== 200) {
      reader.drop();
      return false;
    }
    this.reader = reader;
    this.looked = 0;
    this.incoming = undefined;
    return true;
  }

  private async take(server: TestServer, { event, id, data }: ReadEvent): Promise<void> {
    this.looked += 1;
    switch (event) {
      case 'open':
        this.incoming = data.resumed === 'snapshot' ? [] : undefined;
        break;
      case 'snapshot':
        this.incoming!.push(...(data.data as JsonObject[]));
        break;
      case 'snapshot_end':
        this.replace(this.incoming!);
        this.incoming = undefined;
        break;
      case 'reset':
        this.replace([...(await this.fresh(server)).view.values()]);
        break;
      case 'checkpoint':
        this.ensureNext(data);
        break;
      case 'revoked':
      case 'gone':
      case 'bye':
        this.drop();
        return;
      default:
        this.apply(event, data);
    }
    this.position = id ?? this.position;
  }

  private apply(event: string, frame: JsonObject): void {
    this.ensureNext(frame);
    const object = frame.data as JsonObject;
    this.told.push(frame.position as string);
    if (event === 'leave' || event === 'delete') this.view.delete(object.id as string);
    else this.view.set(object.id as string, object);
  }

  /** Rule 3: a frame whose predecessor is not ours shows a gap. Without a filter, numbers show one, too. */
  private ensureNext(frame: JsonObject): void {
    const { position, previous } = frame as { position: string; previous: string };
    if (previous !== this.position) throw new Error(`${position} comes after ${previous}, not after ${this.position}`);
    const isPartial = position.endsWith('.s');
    if (this.filter !== '' || isPartial || numberOf(position) === numberOf(previous) + 1) return;
    throw new Error(`there is a gap between ${previous} and ${position}`);
  }

  private replace(objects: readonly JsonObject[]): void {
    this.view.clear();
    for (const object of objects) this.view.set(object.id as string, object);
  }
}

function numberOf(position: string): number {
  return Number(position.split('.')[1]);
}
