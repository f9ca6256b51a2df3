import { grants, type PermissionRules } from '../../permissions/permission-rules.js';
import { ID_PATTERN, makeUuid } from '../../resources/kinto/ids.js';
import type { ResourceDefinition } from '../../resources/resource-definition.js';
import type { ObjectList } from '../../storage/storage.js';

/** The history as a resource. It is in no list of resources: entries have no endpoint of their own. */
export const historyDefinition: ResourceDefinition = {
  name: 'history',
  plural: 'history',
  ancestors: ['bucket'],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: () => makeUuid(),
};

/** What an entry consists of, and so what may be asked for (kinto-api.md, 12.1.3). */
export const HISTORY_FIELDS: readonly string[] = [
  'user_id',
  'uri',
  'action',
  'date',
  'resource_name',
  'bucket_id',
  'collection_id',
  'group_id',
  'record_id',
  'target',
];

/** Entries are kept as objects of their bucket. */
export function historyOf(bucketUri: string): ObjectList {
  return { parentId: bucketUri, resourceName: historyDefinition.name };
}

/** Who may read a bucket reads its whole history, whoever an entry names reads that entry (kinto-api.md, 7.1). */
export function addHistoryRules(rules: PermissionRules): void {
  const reading = grants('bucket:write read', 'history:write read');
  rules.add('history', {
    assignable: [],
    granted: { read: reading, 'read:attributes': reading, write: grants('bucket:write', 'history:write') },
  });
  // Nobody: entries come from changes alone.
  rules.extend('bucket', 'history:create', []);
}
