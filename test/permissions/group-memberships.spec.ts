import { groupMemberships } from '../../src/permissions/group-memberships.js';
import { databaseForEachTest } from './permissions-database.js';

const ANN = 'basicauth:ann';
const BOB = 'basicauth:bob';
const EDITORS = '/buckets/b/groups/editors';
const READERS = '/buckets/b/groups/readers';

describe('Group memberships', () => {
  const within = databaseForEachTest();

  const groupsOf = (user: string) => within(async (sql) => [...(await groupMemberships.groupsOf(sql, user))].sort());
  const join = (group: string, ...members: string[]) => within((sql) => groupMemberships.join(sql, group, members));

  it('are of the users that joined, twice or once', async () => {
    await join(EDITORS, ANN, ANN);
    await join(EDITORS, ANN);
    await join(READERS, ANN, BOB);
    expect(await groupsOf(ANN)).toEqual([EDITORS, READERS]);
    expect(await groupsOf(BOB)).toEqual([READERS]);
    expect(await groupsOf('basicauth:eve')).toEqual([]);
  });

  it('of everybody who is logged in are everybody’s', async () => {
    await join(EDITORS, 'system.Authenticated');
    await join(EDITORS, ANN);
    expect(await groupsOf(ANN)).toEqual([EDITORS]);
    expect(await groupsOf(BOB)).toEqual([EDITORS]);
  });

  it('end for those who leave', async () => {
    await join(EDITORS, ANN, BOB);
    await join(READERS, ANN);
    await within((sql) => groupMemberships.leave(sql, EDITORS, [ANN, 'basicauth:eve']));
    expect(await groupsOf(ANN)).toEqual([READERS]);
    expect(await groupsOf(BOB)).toEqual([EDITORS]);
  });

  it('end for all when the group is disbanded', async () => {
    await join(EDITORS, ANN, BOB);
    await join(READERS, ANN);
    await within((sql) => groupMemberships.disband(sql, EDITORS));
    expect(await groupsOf(ANN)).toEqual([READERS]);
    expect(await groupsOf(BOB)).toEqual([]);
  });

  it('of every group of a bucket end with it, and no neighbour’s do', async () => {
    const kept = ['/buckets/aXb/groups/g', '/buckets/a_bc/groups/g', '/buckets/a/groups/g'];
    for (const group of ['/buckets/a_b/groups/g', '/buckets/a_b/groups/h', ...kept]) await join(group, ANN);
    await within((sql) => groupMemberships.disbandBelow(sql, '/buckets/a_b'));
    expect(await groupsOf(ANN)).toEqual([...kept].sort());
  });
});
