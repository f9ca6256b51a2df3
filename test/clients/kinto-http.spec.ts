import { basicAuth, startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { KintoClient } from './published.js';

/* kinto-http.js as it is published. */

type Client = InstanceType<typeof KintoClient>;

let server: TestServer;
let buckets = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

function clientOf(user: keyof typeof USER_IDS = 'mat'): Client {
  return new KintoClient(`${server.url}/v1`, { headers: { Authorization: basicAuth(user) } });
}

/** A bucket nobody else has. */
async function makeBucket(client: Client): Promise<string> {
  const name = `http${(buckets += 1)}`;
  await client.createBucket(name);
  return name;
}

/** What the server has, as anybody with a plain HTTP client sees it. */
async function stored(path: string): Promise<unknown> {
  return (await server.request('GET', `/v1/buckets/${path}`)).json.data;
}

describe('kinto-http.js', () => {
  it('learns what the server is, and who it is itself', async () => {
    const client = clientOf();
    expect(await client.fetchHTTPApiVersion()).toBe('1.23');
    expect(await client.fetchServerSettings()).toMatchObject({ batch_max_requests: 25, readonly: false });
    expect(Object.keys(await client.fetchServerCapabilities())).toContain('default_bucket');
    expect(await client.fetchUser()).toMatchObject({ id: USER_IDS.mat });
  });

  it('makes, lists and deletes buckets', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    const made = await client.createBucket(null, { data: { colour: 'red' } });
    const other = (made as { data: { id: string } }).data.id;
    const { data } = await client.listBuckets({ filters: { in_id: `"${name}","${other}"` } });
    expect(data.map(({ id }) => id).sort()).toEqual([name, other].sort());
    await client.bucket(name).setData({ colour: 'blue' });
    expect(await client.bucket(name).getData()).toMatchObject({ id: name, colour: 'blue' });
    await client.deleteBucket(name);
    expect((await server.request('GET', `/v1/buckets/${name}`)).status).toBe(403);
    expect((await server.request('GET', `/v1/buckets/${other}`)).status).toBe(200);
  });

  it('makes, patches, lists and deletes collections', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    const bucket = client.bucket(name);
    await bucket.createCollection('tasks', { data: { title: 'Tasks' } });
    await bucket.createCollection('notes');
    await bucket.collection('tasks').setData({ sorted: true }, { patch: true });
    expect(await stored(`${name}/collections/tasks`)).toMatchObject({ title: 'Tasks', sorted: true });
    const { data } = await bucket.listCollections({ sort: 'id' });
    expect(data.map(({ id }) => id)).toEqual(['notes', 'tasks']);
    await bucket.deleteCollection('notes');
    expect(await stored(`${name}/collections`)).toMatchObject([{ id: 'tasks' }]);
  });

  it('makes, updates and deletes groups', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    const bucket = client.bucket(name);
    await bucket.createGroup('readers', [USER_IDS.bob]);
    await bucket.updateGroup({ id: 'readers', members: [USER_IDS.bob, USER_IDS.alice] });
    expect(await stored(`${name}/groups/readers`)).toMatchObject({ members: [USER_IDS.bob, USER_IDS.alice] });
    expect((await bucket.listGroups()).data).toHaveLength(1);
    await bucket.deleteGroup('readers');
    expect(await stored(`${name}/groups`)).toEqual([]);
  });

  it('makes, updates, patches, counts and deletes records', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    const collection = client.bucket(name).collection('tasks');
    await client.bucket(name).createCollection('tasks');
    const { data: bread } = await collection.createRecord({ title: 'bread', done: false });
    const { data: milk } = await collection.createRecord({ title: 'milk' });
    await collection.updateRecord({ ...bread, title: 'rye bread' });
    await collection.updateRecord({ id: milk.id, done: true } as unknown as typeof milk, { patch: true });
    expect(await stored(`${name}/collections/tasks/records/${bread.id}`)).toMatchObject({ title: 'rye bread' });
    expect(await stored(`${name}/collections/tasks/records/${milk.id}`)).toMatchObject({ title: 'milk', done: true });
    expect(await collection.getTotalRecords()).toBe(2);
    const { data: tombstone } = await collection.deleteRecord(bread.id);
    expect(tombstone).toMatchObject({ id: bread.id, deleted: true });
    const list = await server.request('GET', `/v1/buckets/${name}/collections/tasks/records`);
    expect(list.ids).toEqual([milk.id]);
    expect(await collection.getRecordsTimestamp()).toBe(list.headers.get('etag'));
  });

  it('follows pages, filters and sorts', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    await client.bucket(name).createCollection('numbers');
    const collection = client.bucket(name).collection('numbers');
    for (const n of [5, 3, 1, 4, 2]) await collection.createRecord({ n });
    const first = await collection.listRecords({ sort: 'n', limit: 2 });
    expect(first.data).toMatchObject([{ n: 1 }, { n: 2 }]);
    expect(first.hasNextPage).toBe(true);
    const second = await first.next();
    expect(second.data).toMatchObject([{ n: 3 }, { n: 4 }]);
    const third = await second.next();
    expect(third.data).toMatchObject([{ n: 5 }]);
    expect(third.hasNextPage).toBe(false);
    const all = await collection.listRecords({ sort: '-n', limit: 2, pages: Infinity });
    expect(all.data.map((record) => (record as unknown as { n: number }).n)).toEqual([5, 4, 3, 2, 1]);
    const few = await collection.listRecords({ filters: { min_n: 4 }, sort: 'n', fields: ['n'] });
    expect(few.data).toMatchObject([{ n: 4 }, { n: 5 }]);
  });

  it('polls for what has changed since', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    await client.bucket(name).createCollection('tasks');
    const collection = client.bucket(name).collection('tasks');
    const { data: bread } = await collection.createRecord({ title: 'bread' });
    const { last_modified: since } = await collection.listRecords();
    expect((await collection.listRecords({ since: since! })).data).toEqual([]);
    await collection.deleteRecord(bread.id);
    await collection.createRecord({ title: 'milk' });
    expect((await collection.listRecords({ since: since! })).data).toMatchObject([
      { title: 'milk' },
      { id: bread.id, deleted: true },
    ]);
  });

  it('gives and takes permissions, and they hold', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    await client.bucket(name).createCollection('tasks');
    const collection = client.bucket(name).collection('tasks');
    await collection.createRecord({ id: 'r', title: 'bread' });
    const record = `/v1/buckets/${name}/collections/tasks/records/r`;
    expect((await server.request('GET', record, { auth: 'bob' })).status).toBe(403);
    await collection.addPermissions({ read: [USER_IDS.bob] });
    expect(await collection.getPermissions()).toEqual({ read: [USER_IDS.bob], write: [USER_IDS.mat] });
    expect((await server.request('GET', record, { auth: 'bob' })).status).toBe(200);
    expect((await clientOf('bob').bucket(name).collection('tasks').getRecord('r')).data).toMatchObject({
      title: 'bread',
    });
    await collection.removePermissions({ read: [USER_IDS.bob] });
    expect((await server.request('GET', record, { auth: 'bob' })).status).toBe(403);
    await collection.setPermissions({ read: [USER_IDS.alice] });
    expect((await server.request('GET', record, { auth: 'alice' })).status).toBe(200);
  });

  it('sends many requests as batches, more than one takes', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    const answers = await client.bucket(name).batch((bucket) => {
      void bucket.createCollection('tasks');
      for (let index = 0; index < 30; index++) {
        void bucket.collection('tasks').createRecord({ id: `r${index}`, index });
      }
      void bucket.collection('tasks').deleteRecord('r0');
    });
    const statuses = (answers as unknown as { status: number; path: string }[]).map(({ status }) => status);
    expect(statuses).toEqual([...new Array<number>(31).fill(201), 200]);
    expect(await stored(`${name}/collections/tasks/records?_sort=-index&_limit=1`)).toMatchObject([{ id: 'r29' }]);
    expect(await client.bucket(name).collection('tasks').getTotalRecords()).toBe(29);
    const sum = await client.bucket(name).batch(
      (bucket) => {
        void bucket.collection('tasks').createRecord({ id: 'r1', index: 100 }, { safe: true });
        void bucket.collection('tasks').deleteRecord('nobody');
        void bucket.collection('tasks').createRecord({ id: 'new' });
      },
      { aggregate: true },
    );
    expect(sum).toMatchObject({
      published: [{ data: { id: 'new' } }],
      conflicts: [{ remote: { id: 'r1', index: 1 } }],
      skipped: [{ path: `/buckets/${name}/collections/tasks/records/nobody` }],
      errors: [],
    });
  });

  it('overwrites nothing that has changed when it is to be safe', async () => {
    const client = clientOf();
    const name = await makeBucket(client);
    await client.bucket(name).createCollection('tasks');
    const collection = client.bucket(name).collection('tasks');
    const { data: bread } = await collection.createRecord({ id: 'bread', n: 1 });
    await expect(collection.createRecord({ id: 'bread', n: 2 }, { safe: true })).rejects.toThrow(/412/);
    await collection.updateRecord({ id: 'bread', n: 3 } as unknown as typeof bread);
    const { last_modified } = bread as { last_modified: number };
    await expect(
      collection.updateRecord({ id: 'bread', n: 4 } as unknown as typeof bread, { safe: true, last_modified }),
    ).rejects.toThrow(/412/);
    await expect(collection.deleteRecord('bread', { safe: true, last_modified })).rejects.toThrow(/412/);
    expect(await stored(`${name}/collections/tasks/records/bread`)).toMatchObject({ n: 3 });
    await expect(client.createBucket(name, { safe: true })).rejects.toThrow(/412/);
  });

  it('hears what is wrong', async () => {
    const client = clientOf('bob');
    const name = await makeBucket(clientOf());
    await expect(client.bucket(name).listCollections()).rejects.toThrow(/403/);
    await expect(client.bucket('nobody').collection('tasks').createRecord({})).rejects.toThrow(/404/);
    await expect(clientOf().createBucket('_odd')).rejects.toThrow(/400/);
  });
});
