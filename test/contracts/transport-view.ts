import type { JsonObject } from '../../src/wire/json.js';
import type { TestServer, User } from '../support/server.js';
import type { Connection, Following, Told, Transport } from './transport.contract.js';

/** One client by the book (seed-systems.md, 1.3): it keeps a view of a list, from what it is told and nothing else. */
export class TransportView {
  readonly view = new Map<string, JsonObject>();
  /** Its list's places of all changes it was ever told. */
  readonly told: string[] = [];
  private connection: Connection | undefined;
  private position: string | undefined;

  constructor(
    private readonly transport: Transport,
    readonly auth: User,
    private readonly list: string,
    /** As in the query string; it is told every single change without one. */
    private filter = '',
  ) {}

  get isConnected(): boolean {
    return this.connection !== undefined;
  }

  /** As a network does. */
  drop(): void {
    this.connection?.drop();
    this.connection = undefined;
  }

  /** It wants to see something else: the list as it is then, and no place in what it followed before. */
  refilter(filter: string): void {
    this.drop();
    this.filter = filter;
    this.position = undefined;
  }

  /**
   * Reads on, connecting again as often as it takes, until the view has that version of the object, or the list is
   * refused.
   *
   * @returns whether it may read the list
   */
  async follow(server: TestServer, id: string, version: number): Promise<boolean> {
    while (this.position === undefined || this.view.get(id)?.version !== version) {
      if (!(await this.connect(server))) return false;
      const told = await this.connection!.next();
      if (told === undefined) this.drop();
      else await this.take(server, told);
    }
    return true;
  }

  /** Takes what has arrived, and waits for nothing. */
  async takeArrived(server: TestServer): Promise<void> {
    for (const told of (await this.connection?.arrived()) ?? []) await this.take(server, told);
  }

  /** The list as it is, asked by the same user: what the view must be. */
  async fresh(server: TestServer): Promise<{ status: number; view: Map<string, JsonObject> }> {
    const answer = await server.request('GET', `${this.list}?${this.filter}`, { auth: this.auth });
    const objects = answer.status === 200 ? answer.list : [];
    return { status: answer.status, view: new Map(objects.map((object) => [object.id as string, object])) };
  }

  private async connect(server: TestServer): Promise<boolean> {
    if (this.connection !== undefined) return true;
    const { auth, list, filter, position } = this;
    const following: Following = { auth, list, filter, position };
    this.connection = await this.transport.connect(server, following);
    return this.connection !== undefined;
  }

  private async take(server: TestServer, told: Told): Promise<void> {
    switch (told.kind) {
      case 'snapshot':
        this.replace(told.objects);
        break;
      case 'reset':
        this.replace([...(await this.fresh(server)).view.values()]);
        break;
      case 'checkpoint':
        this.ensureNext(told);
        break;
      case 'over':
        this.drop();
        return;
      default:
        this.ensureNext(told);
        this.told.push(told.place);
        if (told.kind === 'remove') this.view.delete(told.object.id as string);
        else this.view.set(told.object.id as string, told.object);
    }
    this.position = told.position;
  }

  /** Rule 3: a frame whose predecessor is not ours shows a gap. Without a filter, numbers show one, too. */
  private ensureNext(told: Extract<Told, { previous: string }>): void {
    const { position, previous } = told;
    if (previous !== this.position) throw new Error(`${position} comes after ${previous}, not after ${this.position}`);
    const isPartial = position.endsWith('.s');
    if (!this.transport.countsChanges || this.filter !== '' || isPartial) return;
    if (told.kind === 'checkpoint' || told.isCoalesced) return;
    if (numberOf(position) === numberOf(previous) + 1) return;
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
