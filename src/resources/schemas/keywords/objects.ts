import { isJsonObject, type JsonObject, type JsonValue } from '../../../wire/json.js';
import { Failure } from '../failure.js';
import { pythonRepr, pythonReprs } from '../python-repr.js';
import type { Keyword, SchemaWalk } from '../schema-walk.js';
import { unexpected } from './arrays.js';
import { asList, asMapping, asNumber, asText } from './malformed.js';
import { tooMany } from './values.js';

/* What is said of objects and of what is in them. */

/** How many names that are only looked up count as one step. */
const NAMES_PER_STEP = 16;

export const properties: Keyword = (given, instance, { walk, scope }) => {
  if (!isJsonObject(instance)) return undefined;
  const schemas = asMapping(given);
  const names = Object.keys(schemas);
  walk.budget.spend(Math.ceil(names.length / NAMES_PER_STEP));
  for (const name of names) {
    if (!Object.hasOwn(instance, name)) continue;
    const failure = walk.descend(instance[name]!, schemas[name]!, scope, name);
    if (failure !== undefined) return failure;
  }
  return undefined;
};

export const patternProperties: Keyword = (given, instance, { walk, scope }) => {
  if (!isJsonObject(instance)) return undefined;
  for (const [pattern, schema] of Object.entries(asMapping(given))) {
    for (const [name, value] of Object.entries(instance)) {
      if (!walk.patterns.matches(pattern, name, walk.budget)) continue;
      const failure = walk.descend(value, schema, scope, name);
      if (failure !== undefined) return failure;
    }
  }
  return undefined;
};

export const propertyNames: Keyword = (given, instance, { walk, scope }) => {
  if (!isJsonObject(instance)) return undefined;
  for (const name of Object.keys(instance)) {
    const failure = walk.descend(name, given, scope);
    if (failure !== undefined) return failure;
  }
  return undefined;
};

export const additionalProperties: Keyword = (given, instance, { schema, scope, walk }) => {
  if (!isJsonObject(instance) || given === true) return undefined;
  const extra = namesBeside(schema, instance, walk);
  if (isJsonObject(given)) {
    for (const name of extra) {
      const failure = walk.descend(instance[name]!, given, scope, name);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }
  if (extra.length === 0) return undefined;
  extra.sort();
  if (schema.patternProperties === undefined) {
    return new Failure(() => `Additional properties are not allowed ${unexpected(extra)}`);
  }
  const patterns = Object.keys(asMapping(schema.patternProperties)).sort();
  const verb = extra.length === 1 ? 'does' : 'do';
  return new Failure(() => `${pythonReprs(extra)} ${verb} not match any of the regexes: ${pythonReprs(patterns)}`);
};

/** The names that neither `properties` nor `patternProperties` speak of. */
function namesBeside(schema: JsonObject, instance: JsonObject, { patterns, budget }: SchemaWalk): string[] {
  const known = schema.properties === undefined ? {} : asMapping(schema.properties);
  const sources = schema.patternProperties === undefined ? [] : Object.keys(asMapping(schema.patternProperties));
  const names = Object.keys(instance);
  budget.spend(Math.ceil(names.length / NAMES_PER_STEP));
  return names.filter((name) => {
    return !Object.hasOwn(known, name) && !sources.some((source) => patterns.matches(source, name, budget));
  });
}

export const required: Keyword = (given, instance, { walk: { budget } }) => {
  if (!isJsonObject(instance)) return undefined;
  budget.spend(Math.ceil(asList(given).length / NAMES_PER_STEP));
  const missing = asList(given).find((name) => !Object.hasOwn(instance, asText(name)));
  return missing === undefined ? undefined : new Failure(() => `${pythonRepr(missing)} is a required property`);
};

export const minProperties: Keyword = (given, instance) => {
  if (!isJsonObject(instance) || Object.keys(instance).length >= asNumber(given)) return undefined;
  const sentence = given === 1 ? 'should be non-empty' : 'does not have enough properties';
  return new Failure(() => `${pythonRepr(instance)} ${sentence}`);
};

export const maxProperties: Keyword = (given, instance) => {
  if (!isJsonObject(instance) || Object.keys(instance).length <= asNumber(given)) return undefined;
  const sentence = given === 0 ? tooMany(given) : 'has too many properties';
  return new Failure(() => `${pythonRepr(instance)} ${sentence}`);
};

/** For each of the names that is there, what it depends on. */
function dependents(
  given: JsonValue,
  instance: JsonValue,
  check: (name: string, dependency: JsonValue, instance: JsonObject) => Failure | undefined,
): Failure | undefined {
  if (!isJsonObject(instance)) return undefined;
  for (const [name, dependency] of Object.entries(asMapping(given))) {
    const failure = Object.hasOwn(instance, name) ? check(name, dependency, instance) : undefined;
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function missingDependency(name: string, needed: JsonValue, instance: JsonObject): Failure | undefined {
  const missing = asList(needed).find((other) => !Object.hasOwn(instance, asText(other)));
  if (missing === undefined) return undefined;
  return new Failure(() => `${pythonRepr(missing)} is a dependency of ${pythonRepr(name)}`);
}

export const dependentRequired: Keyword = (given, instance) => dependents(given, instance, missingDependency);

export const dependentSchemas: Keyword = (given, instance, { walk, scope }) => {
  return dependents(given, instance, (_name, schema) => walk.descend(instance, schema, scope));
};

/** Up to draft 7: both in one. */
export const dependencies: Keyword = (given, instance, { walk, scope }) => {
  return dependents(given, instance, (name, dependency, object) => {
    if (Array.isArray(dependency)) return missingDependency(name, dependency, object);
    return walk.descend(instance, dependency, scope);
  });
};
