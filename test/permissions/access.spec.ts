import { Access } from '../../src/permissions/access.js';
import { accessEntries } from '../../src/permissions/access-entries.js';
import { addKintoRules } from '../../src/permissions/kinto-rules.js';
import { grants, PermissionRules } from '../../src/permissions/permission-rules.js';
import { PermissionSettings } from '../../src/permissions/permissions.settings.js';
import { databaseForEachTest } from './permissions-database.js';

const ANN = 'basicauth:ann';

const URIS: Readonly<Record<string, string>> = {
  bucket: '/buckets/b',
  group: '/buckets/b/groups/g',
  collection: '/buckets/b/collections/c',
  record: '/buckets/b/collections/c/records/r',
};

/** Every permission that could be held, as `resource:permission`. */
const EVERY_GRANT = [
  ...['bucket:read', 'bucket:write', 'bucket:collection:create', 'bucket:group:create'],
  ...['group:read', 'group:write'],
  ...['collection:read', 'collection:write', 'collection:record:create'],
  ...['record:read', 'record:write'],
];

/** kinto-api.md, 7.1: what is required, and all that grants it. */
const TABLE: readonly (readonly [required: string, ...granting: string[]])[] = [
  ['bucket:write', 'bucket:write'],
  ['bucket:read:attributes', 'bucket:write', 'bucket:read', 'bucket:collection:create', 'bucket:group:create'],
  ['bucket:read', 'bucket:write', 'bucket:read'],
  ['bucket:collection:create', 'bucket:write', 'bucket:collection:create'],
  ['bucket:group:create', 'bucket:write', 'bucket:group:create'],
  ['group:write', 'bucket:write', 'group:write'],
  ['group:read', 'bucket:write', 'bucket:read', 'group:write', 'group:read'],
  ['group:read:attributes', 'bucket:write', 'bucket:read', 'group:write', 'group:read'],
  ['collection:write', 'bucket:write', 'collection:write'],
  [
    'collection:read:attributes',
    ...['bucket:write', 'bucket:read', 'collection:write', 'collection:read', 'collection:record:create'],
  ],
  ['collection:read', 'bucket:write', 'bucket:read', 'collection:write', 'collection:read'],
  ['collection:record:create', 'bucket:write', 'collection:write', 'collection:record:create'],
  ['record:write', 'bucket:write', 'collection:write', 'record:write'],
  [
    'record:read',
    ...['bucket:write', 'bucket:read', 'collection:write', 'collection:read', 'record:write', 'record:read'],
  ],
  [
    'record:read:attributes',
    ...['bucket:write', 'bucket:read', 'collection:write', 'collection:read', 'record:write', 'record:read'],
  ],
];

function split(text: string): { resource: string; permission: string } {
  const colon = text.indexOf(':');
  return { resource: text.slice(0, colon), permission: text.slice(colon + 1) };
}

function accessWith(settings: Partial<PermissionSettings> = {}): Access {
  const rules = new PermissionRules();
  addKintoRules(rules);
  return new Access(rules, Object.assign(new PermissionSettings(), settings));
}

describe('Inherited permissions', () => {
  const within = databaseForEachTest();

  /** Which of all single entries let Ann do what is required. */
  async function grantingEntries(required: string): Promise<string[]> {
    const access = accessWith();
    const request = { requested: split(required).resource, required: split(required), uris: URIS };
    return within(async (sql) => {
      const granting: string[] = [];
      for (const held of EVERY_GRANT) {
        const { resource, permission } = split(held);
        await accessEntries.add(sql, URIS[resource]!, permission, ANN);
        if (await access.isAllowed(sql, ['system.Everyone', ANN], request)) granting.push(held);
        await accessEntries.deleteOf(sql, URIS[resource]!);
      }
      return granting;
    });
  }

  it.each(TABLE)('let %s be granted by just what the specification lists', async (required, ...granting) => {
    expect((await grantingEntries(required)).sort()).toEqual([...granting].sort());
  });

  it('count on the object’s own line, not on a neighbour’s', async () => {
    const request = { requested: 'record', required: { resource: 'record', permission: 'read' }, uris: URIS };
    const isAllowed = await within(async (sql) => {
      for (const uri of ['/buckets/c', '/buckets/b/collections/d', '/buckets/b/groups/g', '/buckets/b/collections']) {
        await accessEntries.add(sql, uri, 'write', ANN);
      }
      return accessWith().isAllowed(sql, [ANN], request);
    });
    expect(isAllowed).toBe(false);
  });

  it('count for any of the principals, and for no other', async () => {
    const request = { requested: 'bucket', required: { resource: 'bucket', permission: 'read' }, uris: URIS };
    await within(async (sql) => {
      await accessEntries.add(sql, '/buckets/b', 'read', '/buckets/b/groups/g');
      expect(await accessWith().isAllowed(sql, [ANN, '/buckets/b/groups/g'], request)).toBe(true);
      expect(await accessWith().isAllowed(sql, [ANN, '/buckets/b/groups/G'], request)).toBe(false);
      expect(await accessWith().isAllowed(sql, [], request)).toBe(false);
    });
  });
});

describe('Settings that allow something everywhere', () => {
  const within = databaseForEachTest();

  const isAllowed = (settings: Partial<PermissionSettings>, requested: string, required: string) =>
    within((sql) => accessWith(settings).isAllowed(sql, [ANN], { requested, required: split(required), uris: URIS }));

  it.each<[keyof PermissionSettings, string, string]>([
    ['bucketCreate', 'bucket', ':bucket:create'],
    ['bucketRead', 'bucket', ':read'],
    ['bucketWrite', 'bucket', ':write'],
    ['bucketRead', 'bucket', 'bucket:read:attributes'],
    ['bucketWrite', 'bucket', 'bucket:write'],
    ['collectionCreate', 'collection', 'bucket:collection:create'],
    ['collectionRead', 'collection', 'bucket:read'],
    ['collectionRead', 'collection', 'collection:read:attributes'],
    ['collectionWrite', 'collection', 'collection:write'],
    ['groupCreate', 'group', 'bucket:group:create'],
    ['groupRead', 'group', 'group:read'],
    ['groupWrite', 'group', 'group:write'],
    ['recordCreate', 'record', 'collection:record:create'],
    ['recordRead', 'record', 'collection:read'],
    ['recordWrite', 'record', 'collection:read'],
    ['recordWrite', 'record', 'collection:record:create'],
    ['recordWrite', 'record', 'record:write'],
  ])('%s, asked for a %s, grants %s', async (setting, requested, required) => {
    expect(await isAllowed({ [setting]: [ANN] }, requested, required)).toBe(true);
    expect(await isAllowed({ [setting]: ['basicauth:bob'] }, requested, required)).toBe(false);
    expect(await isAllowed({}, requested, required)).toBe(false);
  });

  it.each<[keyof PermissionSettings, string, string]>([
    ['bucketWrite', 'collection', 'collection:write'],
    ['bucketWrite', 'record', 'record:read'],
    ['bucketWrite', 'bucket', ':read'],
    ['bucketWrite', 'bucket', ':bucket:create'],
    ['bucketRead', 'bucket', 'bucket:write'],
    ['collectionRead', 'record', 'collection:read'],
    ['collectionWrite', 'record', 'record:write'],
    ['recordRead', 'record', 'record:write'],
    ['recordCreate', 'record', 'collection:read'],
  ])('%s, asked for a %s, does not grant %s', async (setting, requested, required) => {
    expect(await isAllowed({ [setting]: [ANN] }, requested, required)).toBe(false);
  });
});

describe('Objects shared one by one', () => {
  const within = databaseForEachTest();

  it('are those on which a permission of their own grants what is wanted', async () => {
    const shared = await within(async (sql) => {
      const list = '/buckets/a_b/collections';
      await accessEntries.add(sql, `${list}/read_me`, 'read', ANN);
      await accessEntries.add(sql, `${list}/fill`, 'record:create', ANN);
      await accessEntries.add(sql, `${list}/own`, 'write', ANN);
      await accessEntries.add(sql, `${list}/other`, 'write', 'basicauth:bob');
      await accessEntries.add(sql, `${list}/deep/records/r`, 'read', ANN);
      await accessEntries.add(sql, '/buckets/aXb/collections/elsewhere', 'read', ANN);
      await accessEntries.add(sql, '/buckets/a_b', 'read', ANN);
      const ids = async (permission: string) =>
        (await accessWith().sharedIds(sql, [ANN], { resource: 'collection', permission, listUri: list })).sort();
      return { seen: await ids('read:attributes'), written: await ids('write') };
    });
    expect(shared).toEqual({ seen: ['fill', 'own', 'read_me'], written: ['own'] });
  });
});

describe('Permission rules', () => {
  it('list what may be assigned, in Kinto’s order', () => {
    const rules = new PermissionRules();
    addKintoRules(rules);
    expect(rules.assignable('bucket')).toEqual(['read', 'write', 'collection:create', 'group:create']);
    expect(rules.assignable('collection')).toEqual(['read', 'write', 'record:create']);
    expect(rules.assignable('')).toEqual([]);
    expect(rules.assignable('nothing')).toEqual([]);
  });

  it('refuse a question that nobody has answered', () => {
    const rules = new PermissionRules();
    addKintoRules(rules);
    expect(() => rules.getGrants('bucket', 'destroy')).toThrow('No rule says what grants destroy on bucket');
    expect(() => rules.getGrants('', 'x')).toThrow('on the root');
  });

  it('spell pairs once', () => {
    expect(grants('bucket:write collection:create', ':read')).toEqual([
      { resource: 'bucket', permission: 'write' },
      { resource: 'bucket', permission: 'collection:create' },
      { resource: '', permission: 'read' },
    ]);
  });
});
