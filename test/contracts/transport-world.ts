import { journal } from '../../src/storage/journal.js';
import { tombstones } from '../../src/storage/tombstones.js';
import { trimming } from '../../src/storage/trimming.js';
import { USER_IDS, type TestServer } from '../support/server.js';
import type { TransportCommand } from './transport-commands.js';
import { TransportView } from './transport-view.js';
import type { Transport } from './transport.contract.js';

/** The server of all runs: it may be another one after a restart. */
export interface ServerKeeper {
  current(): TestServer;
  restart(): Promise<void>;
}

const realNow = Date.now;

/** A list of a bucket of its own, those who follow it, and what they may see. */
export class TransportWorld {
  private readonly views: readonly TransportView[];
  /** Who may read the list at times. */
  private readonly bob: TransportView;
  private readonly filtered: TransportView | undefined;
  private readonly collection: string;
  private readonly list: string;
  private isGranted = true;
  private isMember = false;
  private version = 0;
  /** What was written while bob may not read. */
  private readonly secret = new Set<string>();

  private constructor(
    transport: Transport,
    private readonly bucket: string,
    private readonly servers: ServerKeeper,
  ) {
    this.collection = `/v1/buckets/${bucket}/collections/c`;
    this.list = `${this.collection}/records`;
    const { hasFilters, tellsPartialViews, refuses } = transport;
    this.bob = new TransportView(transport, 'bob', this.list);
    this.filtered = hasFilters ? new TransportView(transport, 'mat', this.list, 'status=open') : undefined;
    // Who may write it all, who may read it at times, who has a filter, and who sees what is shared with them.
    this.views = [
      new TransportView(transport, 'mat', this.list),
      ...(refuses ? [this.bob] : []),
      ...(this.filtered === undefined ? [] : [this.filtered]),
      ...(tellsPartialViews ? [new TransportView(transport, 'alice', this.list)] : []),
    ];
  }

  static async open(transport: Transport, bucket: string, servers: ServerKeeper): Promise<TransportWorld> {
    const world = new TransportWorld(transport, bucket, servers);
    await world.ask('PUT', `/v1/buckets/${bucket}`);
    await world.makeCollection();
    return world;
  }

  async run(command: TransportCommand): Promise<void> {
    switch (command.kind) {
      case 'write': {
        const version = (this.version += 1);
        const data = { status: command.isOpen ? 'open' : 'shut', version };
        return this.change('PUT', `${this.list}/${command.id}`, { data });
      }
      case 'delete':
        return this.change('DELETE', `${this.list}/${command.id}`);
      case 'share': {
        const body = { data: {}, permissions: { read: command.isShared ? [USER_IDS.alice] : [] } };
        return this.change('PUT', `${this.list}/${command.id}`, body);
      }
      case 'batch':
        return this.batch(command.id);
      case 'drop':
        this.views[command.who % this.views.length]!.drop();
        return;
      case 'filter':
        return this.filtered?.refilter(`status=${command.isOpen ? 'open' : 'shut'}`);
      case 'restart':
        return this.servers.restart();
      case 'access':
        return this.setAccess(command.isGranted, this.isMember);
      case 'member':
        return this.setAccess(this.isGranted, command.isMember);
      case 'recreate':
        await this.ask('DELETE', this.collection);
        return this.makeCollection();
      case 'clock': {
        const offset = Date.now() - realNow() + command.by;
        Date.now = () => realNow() + offset;
        return;
      }
      case 'trim':
        return this.trim(command.alsoTombstones);
      case 'away':
        return this.beAway(command.who, command.id);
      case 'settle':
        return this.settle();
    }
  }

  /** Everybody has come to the end, and sees what they may see. @param views of all, or of these alone */
  async settle(views: readonly TransportView[] = this.views): Promise<void> {
    const version = (this.version += 1);
    // Once in each state, so that every filter is told of it.
    const permissions = { read: [USER_IDS.alice] };
    for (const status of ['open', 'shut']) {
      await this.change('PUT', `${this.list}/end-${status}`, { data: { status, version }, permissions });
    }
    const server = this.servers.current();
    for (const view of views) {
      const ends = await this.endsOf(view);
      let mayRead = true;
      for (const id of ends) mayRead &&= await view.follow(server, id, version);
      const fresh = await view.fresh(server);
      expect([view.auth, mayRead]).toEqual([view.auth, fresh.status === 200]);
      if (mayRead) expect(sorted(view)).toEqual(sorted(fresh));
    }
  }

  close(): void {
    Date.now = realNow;
    for (const view of this.views) view.drop();
  }

  /** What this view gets to see last: the one of the two that its filter selects, or the latter. */
  private async endsOf(view: TransportView): Promise<string[]> {
    const { status, view: seen } = await view.fresh(this.servers.current());
    if (status !== 200) return ['end-shut'];
    return ['end-shut', 'end-open'].filter((id) => seen.has(id)).slice(0, 1);
  }

  /** The log forgets everything, once those who are there were told; who is away is told by the objects themselves. */
  private async trim(alsoTombstones: boolean): Promise<void> {
    await this.settle(this.views.filter(({ isConnected }) => isConnected));
    await this.servers.current().storage.write(async ({ sql }) => {
      await trimming.delete(sql, await journal.top(sql), 1_000_000);
      if (alsoTombstones) await tombstones.purge(sql, 'record', 0);
    });
  }

  /** An object goes while somebody who has it is away, and so does all that would tell of it. Chance is long about this. */
  private async beAway(who: number, id: 'r1' | 'r2' | 'r3'): Promise<void> {
    await this.run({ kind: 'write', id, isOpen: true });
    await this.settle();
    await this.run({ kind: 'drop', who });
    await this.run({ kind: 'delete', id });
    await this.trim(true);
  }

  private async batch(id: string): Promise<void> {
    const path = `${this.list}/${id}`;
    const requests = [
      { method: 'PUT', path, body: { data: { status: 'open' } } },
      { method: 'DELETE', path },
      { method: 'PUT', path, body: { data: { status: 'shut' } } },
    ];
    await this.ask('POST', '/v1/batch', { requests });
  }

  /** A change that bob must not hear of if he may not read now. */
  private async change(method: string, path: string, body?: object): Promise<void> {
    const position = await this.ask(method, path, body);
    if (!this.mayBobRead && position !== null) this.secret.add(position);
  }

  private get mayBobRead(): boolean {
    return this.isGranted || this.isMember;
  }

  private async setAccess(isGranted: boolean, isMember: boolean): Promise<void> {
    // Up to now he could not: nothing of that time may have reached him, not even by now.
    await this.bob.takeArrived(this.servers.current());
    expect(this.bob.told.filter((place) => this.secret.has(place))).toEqual([]);
    Object.assign(this, { isGranted, isMember });
    if (this.mayBobRead) this.secret.clear();
    await this.writeAccess();
  }

  private async writeAccess(): Promise<void> {
    const group = `/buckets/${this.bucket}/groups/g`;
    const members = this.isMember ? [USER_IDS.bob] : [];
    await this.ask('PUT', `/v1${group}`, { data: { members } });
    const read = [...(this.isGranted ? [USER_IDS.bob] : []), group];
    await this.ask('PATCH', this.collection, { permissions: { read } });
  }

  private async makeCollection(): Promise<void> {
    await this.ask('PUT', this.collection);
    await this.writeAccess();
  }

  /** @returns the position of what was changed */
  private async ask(method: string, path: string, body?: object): Promise<string | null> {
    const given = body === undefined ? {} : { body: body as never };
    const answer = await this.servers.current().request(method, path, given);
    if (answer.status >= 400 && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.headers.get('change-position');
  }
}

function sorted({ view }: { readonly view: ReadonlyMap<string, unknown> }): unknown[] {
  return [...view].sort(([a], [b]) => (a < b ? -1 : 1));
}
