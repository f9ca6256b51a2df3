import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

const ALICE = `/v1/__user_data__/${USER_IDS.alice}`;

let server: TestServer;
beforeEach(async () => {
  const ini = `kinto.user-data_delete_principals = ${USER_IDS.mat}\nkinto.experimental_permissions_endpoint = true`;
  server = await startTestServer({ ini });
});
afterEach(() => server.close());

/** Of alice: the bucket b with all that is in it, a record of mat's collection, a share in another. */
async function makeObjects(): Promise<void> {
  const both = [USER_IDS.mat, USER_IDS.alice];
  const byAlice = { auth: 'alice' } as const;
  await make(server, '/v1/buckets/a', { permissions: { read: ['system.Everyone'] } });
  await make(server, '/v1/buckets/b', { permissions: { read: [USER_IDS.mat] } }, byAlice);
  await make(server, '/v1/buckets/a/collections/c', { permissions: { 'record:create': ['system.Everyone'] } });
  await make(
    server,
    '/v1/buckets/a/collections/c/records/own',
    { permissions: { read: ['system.Everyone'] } },
    byAlice,
  );
  await make(server, '/v1/buckets/a/collections/c/records/shared', { permissions: { write: both } }, byAlice);
  await make(server, '/v1/buckets/b/collections/s', {}, byAlice);
  await make(server, '/v1/buckets/b/groups/h', { data: { members: both } }, byAlice);
  await make(server, '/v1/buckets/a/groups/g', { data: { members: both }, permissions: { read: [USER_IDS.alice] } });
}

describe('Deleting the data of a user', () => {
  it('deletes what nobody else may write, with all that is below, and announces it', async () => {
    await makeObjects();
    await scenario(server, ['DELETE', ALICE], {
      status: 200,
      body: { data: { principal: USER_IDS.alice } },
      changes: ['delete /buckets/a/collections/c/records own', 'delete /buckets b'],
    });
    await scenario(server, ['GET', '/v1/buckets/b'], { status: 403 });
    await scenario(server, ['GET', '/v1/buckets/b/collections/s'], { status: 403 });
    const records = await server.request('GET', '/v1/buckets/a/collections/c/records?_since=1');
    expect(records.list).toMatchObject([{ id: 'own', deleted: true }, { id: 'shared' }]);
  });

  it('takes them out of the permissions of what stays', async () => {
    await makeObjects();
    await server.request('DELETE', ALICE);
    await scenario(server, ['GET', '/v1/buckets/a/collections/c/records/shared'], {
      status: 200,
      body: { permissions: { write: [USER_IDS.mat] } },
    });
    await scenario(server, ['GET', '/v1/buckets/a/groups/g'], {
      status: 200,
      body: { permissions: { write: [USER_IDS.mat] } },
    });
    const group = await server.request('GET', '/v1/buckets/a/groups/g');
    expect(group.json.permissions).not.toHaveProperty('read');
    const held = await server.request('GET', '/v1/permissions', { auth: 'alice' });
    expect(held.list.map(({ uri }) => uri)).toEqual(['/buckets/a/collections/c', '/buckets/a', '/']);
  });

  it('takes them out of every group, though the groups still name them', async () => {
    await makeObjects();
    await server.request('DELETE', ALICE);
    const { json } = await server.request('GET', '/v1/', { auth: 'alice' });
    expect(json.user).toMatchObject({
      principals: [USER_IDS.alice, 'system.Everyone', 'system.Authenticated'],
    });
    const mat = await server.request('GET', '/v1/');
    expect((mat.json.user as { principals: string[] }).principals).toContain('/buckets/a/groups/g');
    const group = await server.request('GET', '/v1/buckets/a/groups/g');
    expect(group.data.members).toEqual([USER_IDS.mat, USER_IDS.alice]);
  });

  it('can be asked again, and for somebody who is not known', async () => {
    await makeObjects();
    await server.request('DELETE', ALICE);
    await scenario(server, ['DELETE', ALICE], { status: 200, changes: [] });
    await scenario(server, ['DELETE', '/v1/__user_data__/basicauth:nobody%20there'], {
      status: 200,
      body: { data: { principal: 'basicauth:nobody there' } },
      changes: [],
    });
  });

  it('deletes more than fits into one unit of work', async () => {
    await make(server, '/v1/buckets/a');
    const permissions = { 'record:create': ['system.Authenticated'] };
    await make(server, '/v1/buckets/a/collections/c', { permissions });
    const ids = Array.from({ length: 1203 }, (_, n) => `r${n}`);
    for (let start = 0; start < ids.length; start += 25) {
      const requests = ids.slice(start, start + 25).map((id) => {
        return { method: 'PUT', path: `/buckets/a/collections/c/records/${id}` };
      });
      await server.request('POST', '/v1/batch', { auth: 'alice', body: { requests } });
    }
    await make(server, '/v1/buckets/a/collections/c/records/of-mat');
    await server.newChanges();
    const { status } = await server.request('DELETE', ALICE);
    expect(status).toBe(200);
    const changes = await server.newChanges();
    expect(changes.map((change) => change.split(' ').slice(2).length)).toEqual([500, 500, 203]);
    const deleted = changes.flatMap((change) => change.split(' ').slice(2));
    expect(deleted.sort()).toEqual([...ids].sort());
    const left = await server.request('GET', '/v1/buckets/a/collections/c/records');
    expect(left.ids).toEqual(['of-mat']);
    const { list } = await server.request('GET', '/v1/buckets/a/collections/c/records?_since=1');
    expect(list.filter(({ deleted }) => deleted === true)).toHaveLength(ids.length);
  });

  it('leaves alone what only looks like theirs', async () => {
    await make(server, '/v1/buckets/a-b', {}, { auth: 'bob' });
    await make(server, '/v1/buckets/a', {}, { auth: 'alice' });
    await make(server, '/v1/buckets/a0', {}, { auth: 'bob' });
    await scenario(server, ['DELETE', ALICE], { status: 200, changes: ['delete /buckets a'] });
    for (const id of ['a-b', 'a0'])
      await scenario(server, ['GET', `/v1/buckets/${id}`, { auth: 'bob' }], { status: 200 });
  });

  it('does not count history entries as theirs, which nobody may write', async () => {
    const ini = `kinto.user-data_delete_principals = ${USER_IDS.mat}
kinto.includes = kinto.plugins.history`;
    const other = await startTestServer({ ini });
    await make(other, '/v1/buckets/a', { permissions: { read: [USER_IDS.alice] } });
    await scenario(other, ['DELETE', ALICE], { status: 200, changes: [] });
    await scenario(other, ['GET', '/v1/buckets/a', { auth: 'alice' }], { status: 403 });
    await scenario(other, ['GET', '/v1/buckets/a/history', { auth: 'alice' }], { status: 403 });
    await other.close();
  });
});

describe('Who may delete the data of a user', () => {
  it('is whom the setting names, and nobody else', async () => {
    await makeObjects();
    await scenario(server, ['DELETE', ALICE, { auth: null }], { status: 401, errno: 104 });
    await scenario(server, ['DELETE', ALICE, { auth: 'bob' }], { status: 403, errno: 121 });
    // Not even their own.
    await scenario(server, ['DELETE', ALICE, { auth: 'alice' }], { status: 403, errno: 121 });
    await scenario(server, ['GET', '/v1/buckets/b', { auth: 'alice' }], { status: 200 });
  });

  it('is nobody by default', async () => {
    const other = await startTestServer();
    await scenario(other, ['DELETE', ALICE], { status: 403, errno: 121 });
    await other.close();
  });

  it.each([
    ['GET', ALICE, 'DELETE, OPTIONS'],
    ['PUT', ALICE, 'DELETE, OPTIONS'],
    ['GET', '/v1/__user_data__', 'OPTIONS'],
    ['DELETE', '/v1/__user_data__', 'OPTIONS'],
  ])('%s %s is no way to ask for it', async (method, path, allow) => {
    await scenario(server, [method, path], { status: 405, errno: 115, headers: { allow } });
  });

  it.each([
    ['accept', 'text/html', 406],
    ['if-match', 'abc', 400],
    ['if-match', '"3"', 200],
    ['if-none-match', '*', 200],
  ])('%s: %s gets %d', async (name, value, status) => {
    await scenario(server, ['DELETE', ALICE, { headers: { [name]: value } }], { status });
  });

  it('is no other site', async () => {
    const ini = `kinto.user-data_delete_principals = ${USER_IDS.mat}\nkinto.cors_origins = https://ok.example`;
    const strict = await startTestServer({ ini });
    await make(strict, '/v1/buckets/b', {}, { auth: 'alice' });
    const headers = { origin: 'https://bad.example' };
    await scenario(strict, ['DELETE', ALICE, { headers }], { status: 400, errno: 107, changes: [] });
    await scenario(strict, ['GET', '/v1/buckets/b', { auth: 'alice' }], { status: 200 });
    await strict.close();
  });
});
