import { accessEntries } from '../../permissions/access-entries.js';
import { groupMemberships } from '../../permissions/group-memberships.js';
import type { ResourceDefinition } from '../resource-definition.js';
import { ID_PATTERN, makeShortId } from './ids.js';

export const bucketDefinition: ResourceDefinition = {
  name: 'bucket',
  plural: 'buckets',
  ancestors: [],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: makeShortId,
  async afterWrite({ uri, after }, unit) {
    if (!after.deleted) return;
    await unit.deleteBelow(uri);
    await accessEntries.deleteBelow(unit.sql, uri);
    await groupMemberships.disbandBelow(unit.sql, uri);
  },
};
