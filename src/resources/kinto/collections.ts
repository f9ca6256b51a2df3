import { accessEntries } from '../../permissions/access-entries.js';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import type { AttributesCheck, ResourceDefinition } from '../resource-definition.js';
import { SCHEMA_ATTRIBUTE } from '../schemas/schema-attribute.js';
import { schemaProblems } from '../schemas/schema-check.js';
import { bodyProblem, pythonText } from '../write-body.js';
import { ID_PATTERN, makeShortId } from './ids.js';

/** Whatever Python's `int()` makes a number of. */
const CACHE_EXPIRES = {
  accepted: {
    description: 'How long clients that are nobody may keep the records, in seconds.',
    anyOf: [
      { type: 'number', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
      { type: ['boolean', 'null'] },
      { type: 'string', pattern: '^(\\s*[+-]?\\d{1,15}\\s*)?$' },
      { type: 'array', maxItems: 0 },
      { type: 'object', maxProperties: 0 },
    ],
  },
  shown: { type: 'integer', description: 'How long clients that are nobody may keep the records, in seconds.' },
};

export const collectionDefinition: ResourceDefinition = {
  name: 'collection',
  plural: 'collections',
  ancestors: ['bucket'],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: makeShortId,
  checkAttributes,
  attributes: { schema: SCHEMA_ATTRIBUTE, cache_expires: CACHE_EXPIRES },
  schemas: [{ resource: 'bucket', attribute: 'collection:schema' }],
  async afterWrite({ uri, after }, unit) {
    if (!after.deleted) return;
    await unit.deleteBelow(uri);
    await accessEntries.deleteBelow(unit.sql, uri);
  },
};

function checkAttributes(value: JsonObject, { prefix }: { prefix: string }): AttributesCheck {
  const checked = checkCacheExpires(value, prefix);
  return { value: checked.value, problems: [...schemaProblems(value, ['schema'], prefix), ...checked.problems] };
}

/** `cache_expires` becomes a whole number of seconds; what is empty is as good as absent (2.2). */
function checkCacheExpires(value: JsonObject, prefix: string): AttributesCheck {
  const { cache_expires: given, ...others } = value;
  if (given === undefined) return { value, problems: [] };
  if (isEmpty(given)) return { value: others, problems: [] };
  const seconds = wholeNumber(given);
  if (seconds !== undefined) return { value: { ...value, cache_expires: seconds }, problems: [] };
  const shown = typeof given === 'string' ? given : pythonText(given);
  return { value, problems: [bodyProblem(`${prefix}cache_expires`, `"${shown}" is not a number`)] };
}

function isEmpty(value: JsonValue): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** As Python's `int()` would have it. */
function wholeNumber(value: JsonValue): number | undefined {
  const isWritten = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value);
  if (typeof value !== 'boolean' && typeof value !== 'number' && !isWritten) return undefined;
  const whole = Math.trunc(Number(value));
  return Number.isSafeInteger(whole) ? whole : undefined;
}
