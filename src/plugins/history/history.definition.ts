import { grants, type PermissionRules } from '../../permissions/permission-rules.js';
import { ID_PATTERN, makeUuid } from '../../resources/kinto/ids.js';
import type { ResourceDefinition } from '../../resources/resource-definition.js';
import { CHANGE_ACTIONS } from '../../wire/change-action.js';
import type { ObjectList } from '../../storage/storage.js';

const TEXT = { type: 'string' };

/** What an entry consists of, and so what may be asked for (kinto-api.md, 12.1.3). */
const FIELDS = {
  user_id: { type: ['string', 'null'], description: 'Who did it; null: nobody in particular.' },
  uri: { ...TEXT, description: 'What it was done to.' },
  action: { enum: [...CHANGE_ACTIONS] },
  date: { ...TEXT, format: 'date-time' },
  resource_name: TEXT,
  bucket_id: TEXT,
  collection_id: TEXT,
  group_id: TEXT,
  record_id: TEXT,
  target: {
    type: 'object',
    description: 'The object as it then was.',
    properties: {
      data: { type: 'object' },
      permissions: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Principals' } },
    },
  },
};

export const HISTORY_FIELDS: readonly string[] = Object.keys(FIELDS);

/** The history as a resource. It is in no list of resources: entries have no endpoint of their own. */
export const historyDefinition: ResourceDefinition = {
  name: 'history',
  plural: 'history',
  ancestors: ['bucket'],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: () => makeUuid(),
  attributes: Object.fromEntries(Object.entries(FIELDS).map(([name, accepted]) => [name, { accepted }])),
};

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
