import { accessEntries } from '../../permissions/access-entries.js';
import type { ResourceDefinition } from '../resource-definition.js';
import { ID_PATTERN, makeShortId } from './ids.js';

export const collectionDefinition: ResourceDefinition = {
  name: 'collection',
  plural: 'collections',
  ancestors: ['bucket'],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: makeShortId,
  async afterWrite({ uri, after }, unit) {
    if (!after.deleted) return;
    await unit.deleteBelow(uri);
    await accessEntries.deleteBelow(unit.sql, uri);
  },
};
