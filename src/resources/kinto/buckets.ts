import { accessEntries } from '../../permissions/access-entries.js';
import { groupMemberships } from '../../permissions/group-memberships.js';
import type { ResourceDefinition } from '../resource-definition.js';
import { SCHEMA_ATTRIBUTE } from '../schemas/schema-attribute.js';
import { schemaProblems } from '../schemas/schema-check.js';
import { ID_PATTERN, makeShortId } from './ids.js';

/** What everything of one kind in the bucket is checked against. */
const SCHEMAS = ['collection:schema', 'group:schema', 'record:schema'];

export const bucketDefinition: ResourceDefinition = {
  name: 'bucket',
  plural: 'buckets',
  ancestors: [],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: makeShortId,
  attributes: Object.fromEntries(SCHEMAS.map((name) => [name, SCHEMA_ATTRIBUTE])),
  checkAttributes: (value, { prefix }) => ({ value, problems: schemaProblems(value, SCHEMAS, prefix) }),
  async afterWrite({ uri, after }, unit) {
    if (!after.deleted) return;
    await unit.deleteBelow(uri);
    await accessEntries.deleteBelow(unit.sql, uri);
    await groupMemberships.disbandBelow(unit.sql, uri);
  },
};
