import 'fake-indexeddb/auto';
import { basicAuth, startTestServer, type TestServer } from '../support/server.js';
import { Kinto } from './published.js';

/* kinto.js as it is published: collections that live offline in IndexedDB, and meet on the server. */

interface Task {
  readonly id: string;
  readonly title?: string;
  readonly last_modified?: number;
}

type Tasks = ReturnType<Person['device']>;

const { MANUAL, CLIENT_WINS, SERVER_WINS, PULL_ONLY } = Kinto.syncStrategy;

let server: TestServer;
let users = 0;
let devices = 0;

beforeAll(async () => {
  server = await startTestServer({ ini: 'kinto.paginate_by = 5' });
});
afterAll(() => server.close());

/** Somebody with a default bucket of their own, and any number of devices. */
class Person {
  private readonly authorization = basicAuth(`person${(users += 1)}`);

  device() {
    return new Kinto<Task>({
      remote: `${server.url}/v1`,
      headers: { Authorization: this.authorization },
      adapterOptions: { dbName: `device${(devices += 1)}` },
    }).collection<Task>('tasks');
  }

  /** What the server has, tombstones among it where asked for. */
  async stored(query = ''): Promise<Task[]> {
    let path: string | undefined = `/v1/buckets/default/collections/tasks/records${query}`;
    const found: Task[] = [];
    while (path !== undefined) {
      const { list, headers } = await server.request('GET', path, {
        auth: null,
        headers: { authorization: this.authorization },
      });
      found.push(...(list as unknown as Task[]));
      path = headers.get('next-page')?.slice(server.url.length);
    }
    return found;
  }

  async storedTitles(): Promise<string[]> {
    return titlesOf(await this.stored());
  }
}

async function titlesOn(device: Tasks): Promise<string[]> {
  return titlesOf((await device.list()).data);
}

function titlesOf(tasks: readonly Task[]): string[] {
  return tasks.map(({ title }) => title ?? '').sort();
}

async function create(device: Tasks, title: string): Promise<Task> {
  return (await device.create({ title })).data;
}

describe('kinto.js', () => {
  it('keeps what was written offline, and brings it to the server and to another device', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    await create(phone, 'bread');
    await create(phone, 'milk');
    expect(await person.storedTitles()).toEqual([]);
    const pushed = await phone.sync();
    expect(pushed).toMatchObject({ ok: true, errors: [], conflicts: [] });
    expect(pushed.published).toHaveLength(2);
    expect(await person.storedTitles()).toEqual(['bread', 'milk']);

    const pulled = await laptop.sync();
    expect(pulled).toMatchObject({ ok: true, published: [] });
    expect(pulled.created).toHaveLength(2);
    expect(await titlesOn(laptop)).toEqual(['bread', 'milk']);
  });

  it('carries changes both ways, and nothing when there are none', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    const bread = await create(phone, 'bread');
    await phone.sync();
    await laptop.sync();
    await laptop.update({ ...bread, title: 'rye bread' });
    await create(laptop, 'milk');
    await create(phone, 'eggs');
    await laptop.sync();
    const met = await phone.sync();
    expect(met).toMatchObject({ ok: true, errors: [], conflicts: [] });
    await laptop.sync();
    const all = ['eggs', 'milk', 'rye bread'];
    expect(await titlesOn(phone)).toEqual(all);
    expect(await titlesOn(laptop)).toEqual(all);
    expect(await person.storedTitles()).toEqual(all);

    const again = await phone.sync();
    expect(again).toMatchObject({ created: [], updated: [], deleted: [], published: [], conflicts: [] });
  });

  it('carries deletions, as tombstones', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    const bread = await create(phone, 'bread');
    await create(phone, 'milk');
    await phone.sync();
    await laptop.sync();
    await phone.delete(bread.id);
    expect(await titlesOn(phone)).toEqual(['milk']);
    await phone.sync();
    const heard = await laptop.sync();
    expect(heard.deleted).toHaveLength(1);
    expect(await titlesOn(laptop)).toEqual(['milk']);
    expect(await person.storedTitles()).toEqual(['milk']);
    expect(await person.stored('?_since=0')).toContainEqual({
      id: bread.id,
      last_modified: expect.any(Number) as number,
      deleted: true,
    });
  });

  it('pulls every page, and pushes more than one batch takes', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    const titles = Array.from({ length: 32 }, (_none, index) => `task ${index}`).sort();
    for (const title of titles) await create(phone, title);
    const pushed = await phone.sync();
    expect(pushed).toMatchObject({ ok: true, errors: [] });
    expect(await person.storedTitles()).toEqual(titles);
    await laptop.sync();
    expect(await titlesOn(laptop)).toEqual(titles);
  });

  it('keeps to itself what it only pulls', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    await create(phone, 'bread');
    await phone.sync();
    await create(laptop, 'milk');
    const pulled = await laptop.sync({ strategy: PULL_ONLY });
    expect(pulled.created).toHaveLength(1);
    expect(await titlesOn(laptop)).toEqual(['bread', 'milk']);
    expect(await person.storedTitles()).toEqual(['bread']);
  });
});

describe('Two devices that changed the same record', () => {
  /** The server has the phone's version; the laptop, another one, and has not heard of it. */
  async function disagree(person: Person): Promise<{ id: string; phone: Tasks; laptop: Tasks }> {
    const [phone, laptop] = [person.device(), person.device()];
    const bread = await create(phone, 'bread');
    await phone.sync();
    await laptop.sync();
    await phone.update({ ...bread, title: 'of the phone' });
    await laptop.update({ ...bread, title: 'of the laptop' });
    await phone.sync();
    return { id: bread.id, phone, laptop };
  }

  it('are told so, and can settle it', async () => {
    const person = new Person();
    const { id, phone, laptop } = await disagree(person);
    const met = await laptop.sync({ strategy: MANUAL });
    expect(met.ok).toBe(false);
    expect(met.conflicts).toMatchObject([
      { type: 'incoming', local: { id, title: 'of the laptop' }, remote: { id, title: 'of the phone' } },
    ]);
    expect(await person.storedTitles()).toEqual(['of the phone']);
    expect(await titlesOn(laptop)).toEqual(['of the laptop']);

    const [conflict] = met.conflicts as { local: Task; remote: Task; type: 'incoming' }[];
    await laptop.resolve(conflict!, { ...conflict!.remote, title: 'of both' });
    const settled = await laptop.sync();
    expect(settled).toMatchObject({ ok: true, conflicts: [] });
    await phone.sync();
    expect(await person.storedTitles()).toEqual(['of both']);
    expect(await titlesOn(phone)).toEqual(['of both']);
  });

  it('have the client’s version where the client wins', async () => {
    const person = new Person();
    const { phone, laptop } = await disagree(person);
    const met = await laptop.sync({ strategy: CLIENT_WINS });
    expect(met).toMatchObject({ ok: true, conflicts: [] });
    await phone.sync();
    expect(await person.storedTitles()).toEqual(['of the laptop']);
    expect(await titlesOn(phone)).toEqual(['of the laptop']);
  });

  it('have the server’s version where the server wins', async () => {
    const person = new Person();
    const { phone, laptop } = await disagree(person);
    const met = await laptop.sync({ strategy: SERVER_WINS });
    expect(met).toMatchObject({ ok: true, conflicts: [] });
    await phone.sync();
    expect(await person.storedTitles()).toEqual(['of the phone']);
    expect(await titlesOn(laptop)).toEqual(['of the phone']);
    expect(await titlesOn(phone)).toEqual(['of the phone']);
  });

  it('are told when one has deleted what the other has changed', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    const bread = await create(phone, 'bread');
    await phone.sync();
    await laptop.sync();
    await phone.delete(bread.id);
    await phone.sync();
    await laptop.update({ ...bread, title: 'of the laptop' });
    const met = await laptop.sync({ strategy: MANUAL });
    expect(met.conflicts).toMatchObject([
      { type: 'incoming', local: { title: 'of the laptop' }, remote: { id: bread.id, deleted: true } },
    ]);
    expect(await person.storedTitles()).toEqual([]);
    await laptop.sync({ strategy: CLIENT_WINS });
    expect(await person.storedTitles()).toEqual(['of the laptop']);
  });

  it('made records with the same id offline', async () => {
    const person = new Person();
    const [phone, laptop] = [person.device(), person.device()];
    const id = '3f8f1c9e-6f58-4a1c-9f0d-8a4b8f0f7c11';
    await phone.create({ id, title: 'of the phone' }, { useRecordId: true });
    await laptop.create({ id, title: 'of the laptop' }, { useRecordId: true });
    await phone.sync();
    const met = await laptop.sync({ strategy: MANUAL });
    expect(met.conflicts).toMatchObject([{ local: { title: 'of the laptop' }, remote: { title: 'of the phone' } }]);
    expect(await person.storedTitles()).toEqual(['of the phone']);
  });
});
