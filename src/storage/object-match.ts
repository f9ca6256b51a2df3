import { stringifyJson, type JsonObject, type JsonValue } from '../wire/json.js';
import { valueAt } from '../wire/query/field-path.js';
import type { Filter } from '../wire/query/list-query.js';
import { containsAllMatcher, containsAnyMatcher, likeMatcher } from './query-functions.js';
import { orderKey } from './query-order-key.js';

/** Whether an object, whole as it is told, is among those that a list's filters select. */
export type ObjectMatcher = (object: Readonly<JsonObject>) => boolean;

/**
 * The filters of a list for objects that no database is asked about: the states in the change log. They mean what they
 * mean in SQL (kinto-api.md, 5.2); the values are read once, not once per object.
 */
export function matcherOf(filters: readonly Filter[]): ObjectMatcher {
  const matchers = filters.map(filterMatcher);
  return (object) => matchers.every((matches) => matches(object));
}

type Test = (value: JsonValue | undefined) => boolean;

function filterMatcher(filter: Filter): ObjectMatcher {
  const test = testOf(filter);
  return (object) => test(valueAt(object, filter.path));
}

/** A missing field is above every value, equals none, and is in no list. */
function testOf(filter: Filter): Test {
  switch (filter.operator) {
    case 'eq':
      return isOneOf([filter.value]);
    case 'not':
      return negated(isOneOf([filter.value]));
    case 'in':
      return isOneOf(filter.value);
    case 'exclude':
      return negated(isOneOf(filter.value));
    case 'lt':
    case 'max':
    case 'gt':
    case 'min':
      return comparison(filter.operator, filter.value);
    case 'like': {
      const matches = likeMatcher(filter.value);
      return (value) => value !== undefined && matches(value);
    }
    case 'has':
      return (value) => (value !== undefined) === filter.value;
    case 'contains': {
      const matches = containsAllMatcher(stringifyJson(filter.value));
      return (value) => value !== undefined && matches(value);
    }
    case 'contains_any': {
      const matches = containsAnyMatcher(stringifyJson(filter.value));
      return (value) => value !== undefined && matches(value);
    }
  }
}

function negated(test: Test): Test {
  return (value) => !test(value);
}

function isOneOf(wanted: readonly JsonValue[]): Test {
  const keys = new Set(wanted.map(orderKey));
  return (value) => value !== undefined && keys.has(orderKey(value));
}

function comparison(operator: 'lt' | 'max' | 'gt' | 'min', wanted: JsonValue): Test {
  // By bytes, as the databases compare: by its 16-bit units a text would sort astral characters too low.
  const key = Buffer.from(orderKey(wanted));
  return (value) => {
    const order = Buffer.compare(Buffer.from(orderKey(value)), key);
    switch (operator) {
      case 'lt':
        return order < 0;
      case 'max':
        return order <= 0;
      case 'gt':
        return order > 0;
      case 'min':
        return order >= 0;
    }
  };
}
