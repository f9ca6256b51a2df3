import type { JsonObject } from '../../wire/json.js';
import { OPERATORS, POLLING, type FilterOperator } from '../../wire/query/filters.js';
import { BEHAVIORS } from '../response-behavior.js';

/** What each operator asks for of the field behind it. */
const MEANINGS: Readonly<Record<FilterOperator, string>> = {
  lt: 'is less than',
  max: 'is at most',
  gt: 'is greater than',
  min: 'is at least',
  eq: 'is, as without an operator',
  not: 'is not',
  in: 'is one of these, between commas',
  exclude: 'is none of these, between commas',
  like: 'is a text in which this occurs; `*` stands for anything',
  has: 'is there (`true`) or not (`false`)',
  contains: 'is a list with all of these (a JSON list)',
  contains_any: 'is a list with any of these (a JSON list)',
};

/** A timestamp in ms, as a number or as an ETag. */
const TIMESTAMP = { type: 'string', pattern: '^([0-9]+|"[0-9]+")$' };

/** `a,b` and not `a` and `b` each by itself. */
const COMMAS = { style: 'form', explode: false };

const WORDS = { type: 'array', items: { type: 'string' } };

const POLLING_MEANINGS: Readonly<Record<string, string>> = {
  _since: 'Only what has changed after this moment (ms), deletions included.',
  _before: 'Only what changed last before this moment (ms).',
  _to: 'The same as `_before`, by its old name.',
};

/** The parameters of a list: `GET`, `HEAD` and `DELETE` of a plural endpoint (kinto-api.md, 5). */
export function listParameters(): JsonObject {
  const polling = [...POLLING.keys()].map((name): [string, JsonObject] => {
    const deprecated = name === '_to' ? { deprecated: true } : {};
    return [name, { ...query(name, POLLING_MEANINGS[name] ?? '', TIMESTAMP), ...deprecated }];
  });
  const filterSentence = OPERATORS.map((operator) => `\`${operator}_<field>\`: it ${MEANINGS[operator]}`).join('; ');
  return {
    ...Object.fromEntries(polling),
    _limit: query('_limit', 'How many objects a page has at the most.', { type: 'integer', minimum: 0 }),
    _sort: { ...query('_sort', 'Fields to sort by, between commas; `-` turns one round.', WORDS), ...COMMAS },
    _token: query('_token', 'Where the page begins: a part of the `Next-Page` of the one before.', { type: 'string' }),
    ...fieldsParameter(),
    last_modified: query('last_modified', 'Only what has this timestamp (ms).', TIMESTAMP),
    filters: {
      ...query(
        'filters',
        `Any field, by its value: \`<field>\`, \`<field>.<below>\`. Or with an operator: ${filterSentence}.`,
        {
          type: 'object',
          additionalProperties: { type: 'string' },
        },
      ),
      style: 'form',
      explode: true,
    },
  };
}

export function fieldsParameter(): JsonObject {
  return {
    _fields: {
      ...query('_fields', 'Which fields to show, between commas; `id` and `last_modified` always are.', WORDS),
      ...COMMAS,
    },
  };
}

/** The names of all of them, for `#/components/parameters`. */
export const LIST_PARAMETERS = Object.keys(listParameters());

/** Of every request to a resource. */
export const PRECONDITIONS = ['If-Match', 'If-None-Match'];

/** Headers, and the one parameter of a `DELETE`. */
export function otherParameters(): JsonObject {
  const entityTag = { type: 'string', pattern: '^(\\*|"[0-9]+")$' };
  return {
    'If-Match': header('If-Match', 'Only if this is still the version; `*`: only if it is there.', entityTag),
    'If-None-Match': header(
      'If-None-Match',
      'Only if this is not the version any more; `*`: only if it is not there.',
      entityTag,
    ),
    'Response-Behavior': header('Response-Behavior', 'How much of the object the answer has.', {
      enum: [...BEHAVIORS],
    }),
    suggested: query('last_modified', 'The timestamp of the deletion (ms); it is kept if it is the latest.', TIMESTAMP),
  };
}

/** For an answer whose version is no timestamp. */
export function ifNoneMatch(schema: JsonObject): JsonObject {
  return header('If-None-Match', 'Only if this is not the version any more.', schema);
}

export function parameterReferences(names: readonly string[]): JsonObject[] {
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function query(name: string, description: string, schema: JsonObject): JsonObject {
  return { name, in: 'query', description, schema };
}

function header(name: string, description: string, schema: JsonObject): JsonObject {
  return { name, in: 'header', description, schema };
}
