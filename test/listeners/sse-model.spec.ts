import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { LiveView } from './support/live-view.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

/** KUMOCAST_LIVE_RUNS=2000 is the long mode. */
const RUNS = Number(process.env.KUMOCAST_LIVE_RUNS ?? 60);

const ids = fc.constantFrom('r1', 'r2', 'r3');

const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), id: ids, isOpen: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: ids }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('share' as const), id: ids, isShared: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('batch' as const), id: ids }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), who: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('access' as const), isGranted: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('member' as const), isMember: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('recreate' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

/** A server, those who follow a list of it, and what they may see. */
class World {
  readonly views = [
    // Who may write it all, who has a filter, who may read it at times, and who sees what is shared with them.
    new LiveView('mat', LIST),
    new LiveView('mat', LIST, 'status=open'),
    new LiveView('bob', LIST),
    new LiveView('alice', LIST),
  ];
  private isGranted = true;
  private isMember = false;
  private version = 0;
  /** What was written while bob may not read. */
  private secret = new Set<string>();

  private constructor(
    private readonly ini: string,
    private server: TestServer,
  ) {}

  static async open(folder: string): Promise<World> {
    const ini = `kinto.storage_backend = sqlite\nkinto.storage_url = ${join(folder, 'live.sqlite')}`;
    const world = new World(ini, await startTestServer({ ini }));
    await world.ask('PUT', '/v1/buckets/b');
    await world.makeCollection();
    return world;
  }

  async run(command: Command): Promise<void> {
    switch (command.kind) {
      case 'write':
        return this.write(command.id, command.isOpen);
      case 'delete':
        return this.change('DELETE', `${LIST}/${command.id}`);
      case 'share': {
        const body = { data: {}, permissions: { read: command.isShared ? [USER_IDS.alice] : [] } };
        return this.change('PUT', `${LIST}/${command.id}`, body);
      }
      case 'batch':
        return this.batch(command.id);
      case 'drop':
        return this.views[command.who]!.drop();
      case 'restart':
        await this.server.close();
        this.server = await startTestServer({ ini: this.ini });
        return;
      case 'access':
        return this.setAccess(command.isGranted, this.isMember);
      case 'member':
        return this.setAccess(this.isGranted, command.isMember);
      case 'recreate':
        await this.ask('DELETE', COLLECTION);
        return this.makeCollection();
      case 'settle':
        return this.settle();
    }
  }

  /** Everybody has come to the end, and sees what they may see. */
  async settle(): Promise<void> {
    const version = (this.version += 1);
    const body = { data: { status: 'open', version }, permissions: { read: [USER_IDS.alice] } };
    await this.change('PUT', `${LIST}/end`, body);
    for (const view of this.views) {
      const mayRead = await view.follow(this.server, 'end', version);
      const fresh = await view.fresh(this.server);
      expect([view.auth, mayRead]).toEqual([view.auth, fresh.status === 200]);
      if (mayRead) expect(sorted(view)).toEqual(sorted(fresh));
    }
  }

  async close(): Promise<void> {
    for (const view of this.views) view.drop();
    await this.server.close();
  }

  private async write(id: string, isOpen: boolean): Promise<void> {
    const version = (this.version += 1);
    await this.change('PUT', `${LIST}/${id}`, { data: { status: isOpen ? 'open' : 'shut', version } });
  }

  private async batch(id: string): Promise<void> {
    const requests = [
      { method: 'PUT', path: `${LIST}/${id}`, body: { data: { status: 'open' } } },
      { method: 'DELETE', path: `${LIST}/${id}` },
      { method: 'PUT', path: `${LIST}/${id}`, body: { data: { status: 'shut' } } },
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
    const bob = this.views[2]!;
    await bob.takeArrived(this.server);
    expect(bob.told.filter((position) => this.secret.has(position))).toEqual([]);
    Object.assign(this, { isGranted, isMember });
    if (this.mayBobRead) this.secret.clear();
    await this.writeAccess();
  }

  private async writeAccess(): Promise<void> {
    const members = this.isMember ? [USER_IDS.bob] : [];
    await this.ask('PUT', '/v1/buckets/b/groups/g', { data: { members } });
    const read = [...(this.isGranted ? [USER_IDS.bob] : []), '/buckets/b/groups/g'];
    await this.ask('PATCH', COLLECTION, { permissions: { read } });
  }

  private async makeCollection(): Promise<void> {
    await this.ask('PUT', COLLECTION);
    await this.writeAccess();
  }

  /** @returns the position of what was changed */
  private async ask(method: string, path: string, body?: object): Promise<string | null> {
    const answer = await this.server.request(method, path, body === undefined ? {} : { body: body as never });
    if (answer.status >= 400 && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.headers.get('change-position');
  }
}

function sorted({ view }: { readonly view: ReadonlyMap<string, unknown> }): unknown[] {
  return [...view].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('Everybody who follows a list', () => {
  it(
    'is told every change they may know, in order and without a gap, or to begin anew; and never another',
    async () => {
      const property = fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 16 }), async (commands) => {
        const folder = mkdtempSync(join(tmpdir(), 'kumocast-live-'));
        const world = await World.open(folder);
        try {
          await world.settle();
          for (const each of commands) await world.run(each);
          await world.settle();
        } finally {
          await world.close();
          rmSync(folder, { recursive: true });
        }
      });
      await fc.assert(property, { numRuns: RUNS });
    },
    120_000 + RUNS * 2_000,
  );
});
