import { Setting } from '../settings/setting.js';

const SPLIT = 'Principals, separated by spaces.';

/** Who may do something everywhere, without an entry on the object (kinto-api.md, 7.8). */
export class PermissionSettings {
  @Setting({
    key: 'bucket_create_principals',
    type: 'list',
    default: ['system.Authenticated'],
    sentence: `Who may create buckets. ${SPLIT}`,
  })
  bucketCreate!: readonly string[];

  @Setting({
    key: 'bucket_read_principals',
    type: 'list',
    default: [],
    sentence: `Who may read every bucket. ${SPLIT}`,
  })
  bucketRead!: readonly string[];

  @Setting({
    key: 'bucket_write_principals',
    type: 'list',
    default: [],
    sentence: `Who may change every bucket (not what is in it). ${SPLIT}`,
  })
  bucketWrite!: readonly string[];

  @Setting({
    key: 'collection_create_principals',
    type: 'list',
    default: [],
    sentence: `Who may create collections in every bucket. ${SPLIT}`,
  })
  collectionCreate!: readonly string[];

  @Setting({
    key: 'collection_read_principals',
    type: 'list',
    default: [],
    sentence: `Who may read every collection's attributes (not its records). ${SPLIT}`,
  })
  collectionRead!: readonly string[];

  @Setting({
    key: 'collection_write_principals',
    type: 'list',
    default: [],
    sentence: `Who may change every collection's attributes. ${SPLIT}`,
  })
  collectionWrite!: readonly string[];

  @Setting({
    key: 'group_create_principals',
    type: 'list',
    default: [],
    sentence: `Who may create groups in every bucket. ${SPLIT}`,
  })
  groupCreate!: readonly string[];

  @Setting({ key: 'group_read_principals', type: 'list', default: [], sentence: `Who may read every group. ${SPLIT}` })
  groupRead!: readonly string[];

  @Setting({
    key: 'group_write_principals',
    type: 'list',
    default: [],
    sentence: `Who may change every group. ${SPLIT}`,
  })
  groupWrite!: readonly string[];

  @Setting({
    key: 'record_create_principals',
    type: 'list',
    default: [],
    sentence: `Who may create records in every collection. ${SPLIT}`,
  })
  recordCreate!: readonly string[];

  @Setting({
    key: 'record_read_principals',
    type: 'list',
    default: [],
    sentence: `Who may read every record. ${SPLIT}`,
  })
  recordRead!: readonly string[];

  @Setting({
    key: 'record_write_principals',
    type: 'list',
    default: [],
    sentence: `Who may read, create and change every record. ${SPLIT}`,
  })
  recordWrite!: readonly string[];

  @Setting({
    key: 'account_create_principals',
    type: 'list',
    default: [],
    sentence: `Who may create accounts: system.Everyone, for everybody their own. ${SPLIT}`,
  })
  accountCreate!: readonly string[];

  @Setting({
    key: 'account_read_principals',
    type: 'list',
    default: [],
    sentence: `Who may read every account. ${SPLIT}`,
  })
  accountRead!: readonly string[];

  @Setting({
    key: 'account_write_principals',
    type: 'list',
    default: [],
    sentence: `Who may change every account, and create accounts for others. ${SPLIT}`,
  })
  accountWrite!: readonly string[];

  @Setting({
    key: 'permissions_read_principals',
    type: 'list',
    default: ['system.Everyone'],
    sentence: `Who may ask for the list of their own permissions, where there is one. ${SPLIT}`,
  })
  permissionsRead!: readonly string[];

  @Setting({
    key: 'user-data_delete_principals',
    type: 'list',
    default: [],
    sentence: `Who may delete everything that belongs to a user, with DELETE /__user_data__/{principal}. ${SPLIT}`,
  })
  userDataDelete!: readonly string[];

  @Setting({
    key: 'history_read_principals',
    type: 'list',
    default: [],
    sentence: `Who may read the history of every bucket. ${SPLIT}`,
  })
  historyRead!: readonly string[];

  @Setting({
    key: 'history_write_principals',
    type: 'list',
    default: [],
    sentence: `Who may delete from the history of every bucket. ${SPLIT}`,
  })
  historyWrite!: readonly string[];
}
