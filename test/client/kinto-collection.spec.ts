import 'fake-indexeddb/auto';
import { live, type KintoCollection, type KintoCollectionOptions, type LiveList } from '../../src/client/index.js';
import { Kinto } from '../clients/published.js';
import { found } from '../support/found.js';
import { basicAuth, startTestServer, type TestServer } from '../support/server.js';

/* kinto.js as it is published, kept in step by the client of this package. */

interface Task {
  readonly id: string;
  readonly title?: string;
  readonly last_modified?: number;
}

const RECORDS = '/v1/buckets/default/collections/tasks/records';

let server: TestServer;
let people = 0;
let devices = 0;
let lists: LiveList[] = [];

beforeAll(async () => {
  server = await startTestServer({ ini: 'kinto.paginate_by = 5' });
});
afterEach(async () => {
  for (const list of lists) list.close();
  await Promise.all(lists.map(({ closed }) => closed));
  lists = [];
});
afterAll(() => server.close());

/** Somebody with a bucket of their own, and devices that know of each other only through the server. */
class Person {
  readonly headers = { authorization: basicAuth(`reader${(people += 1)}`) };

  device() {
    const headers = { Authorization: this.headers.authorization };
    const adapterOptions = { dbName: `live-device${(devices += 1)}` };
    return new Kinto<Task>({ remote: `${server.url}/v1`, headers, adapterOptions }).collection<Task>('tasks');
  }

  put(id: string, data: Record<string, string>) {
    return server.request('PUT', `${RECORDS}/${id}`, { auth: null, headers: this.headers, body: { data } });
  }

  delete(path = '') {
    return server.request('DELETE', RECORDS + path, { auth: null, headers: this.headers });
  }
}

type Tasks = ReturnType<Person['device']>;

async function follow(tasks: Tasks, options: KintoCollectionOptions = {}): Promise<string[]> {
  const states: string[] = [];
  const list = await live(tasks as unknown as KintoCollection, {
    ...options,
    onState: (state) => states.push(state),
  });
  lists.push(list);
  await found(async () => (states.includes('live') ? true : undefined), 'it is live');
  return states;
}

const titlesOn = async (tasks: Tasks) => (await tasks.list()).data.map(({ title }) => title ?? '').sort();
const titles = (tasks: Tasks, expected: readonly string[]) =>
  found(async () => ((await titlesOn(tasks)).join() === expected.join() ? true : undefined), expected.join());

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => letter.repeat(8) + '-0000-4000-8000-000000000000');

describe('A collection of kinto.js', () => {
  it('has what others write the moment they do, and asks for nothing twice', async () => {
    const person = new Person();
    for (const id of IDS) await person.put(id, { title: id[0]! });
    const tasks = person.device();
    const told: string[] = [];
    await follow(tasks, { onRecords: (ids) => told.push(...ids) });
    await titles(tasks, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(told).toHaveLength(7);
    await person.put(IDS[0]!, { title: 'changed' });
    await person.delete(`/${IDS[1]}`);
    await titles(tasks, ['c', 'changed', 'd', 'e', 'f', 'g']);
    const { created, updated, deleted, ok } = await tasks.sync();
    expect([created, updated, deleted, ok]).toEqual([[], [], [], true]);
  });

  it('goes on from what it has synced before, with deletions', async () => {
    const person = new Person();
    await person.put(IDS[0]!, { title: 'a' });
    await person.put(IDS[1]!, { title: 'b' });
    const tasks = person.device();
    await tasks.sync();
    await person.delete(`/${IDS[0]}`);
    await person.put(IDS[2]!, { title: 'c' });
    await follow(tasks);
    await titles(tasks, ['b', 'c']);
  });

  it('shows on one device what another one pushes, while both write', async () => {
    const person = new Person();
    await person.put(IDS[0]!, { title: 'first' });
    const [phone, laptop] = [person.device(), person.device()];
    await Promise.all([follow(phone), follow(laptop)]);
    for (let n = 0; n < 5; n++) {
      await phone.create({ title: `phone ${n}` });
      await laptop.create({ title: `laptop ${n}` });
      await Promise.all([phone.sync(), laptop.sync()]);
    }
    const all = [...[0, 1, 2, 3, 4].flatMap((n) => [`laptop ${n}`, `phone ${n}`]), 'first'].sort();
    await titles(phone, all);
    await titles(laptop, all);
    const { conflicts, ok } = await phone.sync();
    expect([conflicts, ok]).toEqual([[], true]);
  });

  it('leaves to sync what was changed on both sides', async () => {
    const person = new Person();
    await person.put(IDS[0]!, { title: 'theirs' });
    const tasks = person.device();
    const conflicts: unknown[] = [];
    await follow(tasks, { onConflicts: (found) => conflicts.push(...found) });
    await titles(tasks, ['theirs']);
    await tasks.update({ id: IDS[0]!, title: 'mine' });
    await person.put(IDS[0]!, { title: 'theirs again' });
    await found(async () => (conflicts.length === 1 ? true : undefined), 'the conflict is told');
    await person.put(IDS[1]!, { title: 'another' });
    await titles(tasks, ['another', 'mine']);
    const result = await tasks.sync({ strategy: Kinto.syncStrategy.CLIENT_WINS });
    expect([result.ok, result.resolved.length]).toEqual([true, 1]);
    const { list } = await server.request('GET', RECORDS, { auth: null, headers: person.headers });
    expect(list.map(({ title }) => title).sort()).toEqual(['another', 'mine']);
  });

  it('lets go of records that went while nobody remembers when', async () => {
    const person = new Person();
    for (const id of IDS.slice(0, 3)) await person.put(id, { title: id[0]! });
    const tasks = person.device();
    await follow(tasks);
    await titles(tasks, ['a', 'b', 'c']);
    const [list] = lists.splice(0);
    list!.close();
    await list!.closed;
    await tasks.create({ title: 'only here' });
    const collection = '/v1/buckets/default/collections/tasks';
    await server.request('DELETE', collection, { auth: null, headers: person.headers });
    await person.put(IDS[3]!, { title: 'd' });
    const again = person.device();
    await again.loadDump((await tasks.list()).data.filter(({ last_modified }) => last_modified !== undefined) as never);
    await follow(again);
    await titles(again, ['d']);
  });
});
