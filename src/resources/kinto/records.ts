import type { ResourceDefinition } from '../resource-definition.js';
import { ID_PATTERN, makeUuid } from './ids.js';

export const recordDefinition: ResourceDefinition = {
  name: 'record',
  plural: 'records',
  ancestors: ['bucket', 'collection'],
  needsParent: true,
  idPattern: ID_PATTERN,
  makeId: () => makeUuid(),
  schemas: [
    { resource: 'collection', attribute: 'schema', stamp: 'schema' },
    { resource: 'bucket', attribute: 'record:schema' },
  ],
};
