import { accessEntries } from '../../src/permissions/access-entries.js';
import { databaseForEachTest } from './permissions-database.js';

const ANN = 'basicauth:ann';
const BOB = 'basicauth:bob';

describe('Access control entries', () => {
  const within = databaseForEachTest();

  const listOf = (uri: string) => within((sql) => accessEntries.listOf(sql, uri));
  const add = (uri: string, permission: string, principal: string) =>
    within((sql) => accessEntries.add(sql, uri, permission, principal));

  it('are none at first', async () => {
    expect(await listOf('/buckets/b')).toEqual({});
  });

  it('are added once each', async () => {
    await add('/buckets/b', 'write', ANN);
    await add('/buckets/b', 'write', ANN);
    await add('/buckets/b', 'write', BOB);
    await add('/buckets/b', 'read', BOB);
    expect(await listOf('/buckets/b')).toEqual({ write: [ANN, BOB], read: [BOB] });
    expect(await listOf('/buckets/B')).toEqual({});
  });

  it('are replaced for the permissions that are named, and for no others', async () => {
    await add('/buckets/b', 'write', ANN);
    await add('/buckets/b', 'read', ANN);
    await add('/buckets/b', 'group:create', ANN);
    await within((sql) => accessEntries.replace(sql, '/buckets/b', { write: [BOB, BOB], read: [] }));
    expect(await listOf('/buckets/b')).toEqual({ write: [BOB], 'group:create': [ANN] });
  });

  it('of one object are deleted without those below or beside it', async () => {
    for (const uri of ['/buckets/b', '/buckets/b/groups/g', '/buckets/bb']) await add(uri, 'read', ANN);
    await within((sql) => accessEntries.deleteOf(sql, '/buckets/b'));
    expect(await listOf('/buckets/b')).toEqual({});
    expect(await listOf('/buckets/b/groups/g')).toEqual({ read: [ANN] });
    expect(await listOf('/buckets/bb')).toEqual({ read: [ANN] });
  });

  it('below an object are deleted without its own and its neighbours’', async () => {
    const below = ['/buckets/a_b/groups/g', '/buckets/a_b/collections/c/records/r'];
    const others = ['/buckets/a_b', '/buckets/aXb/groups/g', '/buckets/a_bc/groups/g', '/buckets/a_b-/groups/g'];
    for (const uri of [...below, ...others]) await add(uri, 'read', ANN);
    await within((sql) => accessEntries.deleteBelow(sql, '/buckets/a_b'));
    for (const uri of below) expect(await listOf(uri)).toEqual({});
    for (const uri of others) expect(await listOf(uri)).toEqual({ read: [ANN] });
  });

  it('tell what any of the principals holds on any of the objects', async () => {
    await add('/buckets/b', 'read', ANN);
    await add('/buckets/b', 'read', BOB);
    await add('/buckets/b/groups/g', 'write', BOB);
    await add('/buckets/other', 'write', ANN);
    const held = (principals: string[], uris: string[]) =>
      within(async (sql) => {
        const permissions = await accessEntries.held(sql, principals, uris);
        return [...new Set(permissions.map(({ objectId, permission }) => `${permission} on ${objectId}`))].sort();
      });
    const both = ['read on /buckets/b', 'write on /buckets/b/groups/g'];
    expect(await held([ANN, BOB], ['/buckets/b', '/buckets/b/groups/g'])).toEqual(both);
    expect(await held([ANN], ['/buckets/b/groups/g'])).toEqual([]);
    expect(await held([], ['/buckets/b'])).toEqual([]);
    expect(await held([ANN], [])).toEqual([]);
  });

  it('tell which objects directly below a list are shared', async () => {
    const list = '/buckets/a_b/collections';
    await add(`${list}/one`, 'read', ANN);
    await add(`${list}/one`, 'write', BOB);
    await add(`${list}/two_2`, 'record:create', BOB);
    await add(`${list}/three`, 'read', 'basicauth:eve');
    await add(`${list}/four/records/r`, 'read', ANN);
    await add('/buckets/aXb/collections/five', 'read', ANN);
    await add('/buckets/a_b/groups/six', 'read', ANN);
    await add('/buckets/a_b', 'read', ANN);
    const shared = (principals: string[], permissions: string[]) =>
      within(async (sql) => (await accessEntries.sharedIds(sql, principals, permissions, list)).sort());
    expect(await shared([ANN, BOB], ['read', 'write', 'record:create'])).toEqual(['one', 'two_2']);
    expect(await shared([ANN, BOB], ['write'])).toEqual(['one']);
    expect(await shared([ANN], ['write'])).toEqual([]);
    expect(await shared([], ['read'])).toEqual([]);
  });
});
