import { isJsonObject, type JsonObject, type JsonValue } from '../../../wire/json.js';
import { Failure } from '../failure.js';
import { pythonReprs } from '../python-repr.js';
import { entered, type Keyword, type KeywordContext, type Scope } from '../schema-walk.js';
import { unexpected } from './arrays.js';
import { asList, asMapping, asText } from './malformed.js';

/* What no other keyword of the same schema, nor of one that it is put together from, has looked at. */

export const unevaluatedProperties: Keyword = (given, instance, context) => {
  if (!isJsonObject(instance) || given === true) return undefined;
  const seen = new Set<string>();
  collectNames(instance, context, seen);
  const names = Object.keys(instance).filter((name) => {
    return !seen.has(name) && !context.walk.isValid(instance[name]!, given, context.scope);
  });
  if (names.length === 0) return undefined;
  if (given === false) return new Failure(() => `Unevaluated properties are not allowed ${unexpected(names.sort())}`);
  const verb = names.length === 1 ? 'was' : 'were';
  return new Failure(() => {
    const shown = `(${pythonReprs(names)} ${verb} unevaluated and invalid)`;
    return `Unevaluated properties are not valid under the given schema ${shown}`;
  });
};

export const unevaluatedItems: Keyword = (_given, instance, context) => {
  if (!Array.isArray(instance)) return undefined;
  const seen = new Set<number>();
  if (collectIndexes(instance, context, seen) === 'all') return undefined;
  const left = instance.filter((_item, index) => !seen.has(index));
  if (left.length === 0) return undefined;
  return new Failure(() => `Unevaluated items are not allowed ${unexpected(left)}`);
};

function collectNames(instance: JsonObject, context: KeywordContext, seen: Set<string>): void {
  const { schema, scope, walk } = context;
  walk.budget.spend(Object.keys(instance).length);
  if (schema.properties !== undefined) {
    for (const name of Object.keys(instance)) if (Object.hasOwn(asMapping(schema.properties), name)) seen.add(name);
  }
  for (const others of [schema.additionalProperties, schema.unevaluatedProperties]) {
    if (others === undefined) continue;
    for (const [name, value] of Object.entries(instance)) if (walk.isValid(value, others, scope)) seen.add(name);
  }
  for (const pattern of Object.keys(
    schema.patternProperties === undefined ? {} : asMapping(schema.patternProperties),
  )) {
    for (const name of Object.keys(instance)) if (walk.patterns.matches(pattern, name, walk.budget)) seen.add(name);
  }
  for (const [name, inner] of Object.entries(
    schema.dependentSchemas === undefined ? {} : asMapping(schema.dependentSchemas),
  )) {
    if (Object.hasOwn(instance, name)) inside(inner, context, (next) => collectNames(instance, next, seen));
  }
  eachApplied(instance, context, (next) => collectNames(instance, next, seen));
}

/** @returns `'all'` when a keyword looks at every item there can be */
function collectIndexes(instance: readonly JsonValue[], context: KeywordContext, seen: Set<number>): 'all' | undefined {
  const { schema, scope, walk } = context;
  const { items, prefixItems } = schema;
  walk.budget.spend(instance.length);
  if (items !== undefined && (!Array.isArray(items) || schema.additionalItems !== undefined)) return 'all';
  const prefix = Array.isArray(items) ? items : prefixItems === undefined ? [] : asList(prefixItems);
  for (const index of prefix.keys()) seen.add(index);
  for (const others of [schema.contains, schema.unevaluatedItems]) {
    if (others === undefined) continue;
    for (const [index, item] of instance.entries()) if (walk.isValid(item, others, scope)) seen.add(index);
  }
  let isAll = false;
  eachApplied([...instance], context, (next) => {
    if (collectIndexes(instance, next, seen) === 'all') isAll = true;
  });
  return isAll ? 'all' : undefined;
}

/** The schemas that the same instance was valid under because of this one: references, combinations, conditions. */
function eachApplied(instance: JsonValue, context: KeywordContext, visit: (context: KeywordContext) => void): void {
  const { schema, scope, walk } = context;
  for (const reference of [schema.$ref, schema.$dynamicRef]) {
    if (reference === undefined) continue;
    const target = scope.resource.document.resolve(asText(reference), scope);
    inside(target.schema, { ...context, scope: target.scope }, visit);
  }
  if (schema.$recursiveRef !== undefined) inside(scope.resource.root, context, visit);
  for (const keyword of ['allOf', 'oneOf', 'anyOf']) {
    for (const inner of schema[keyword] === undefined ? [] : asList(schema[keyword])) {
      if (walk.isValid(instance, inner, scope)) inside(inner, context, visit);
    }
  }
  if (schema.if === undefined) return;
  const isMet = walk.isValid(instance, schema.if, scope);
  if (isMet) inside(schema.if, context, visit);
  const next = isMet ? schema.then : schema.else;
  if (next !== undefined) inside(next, context, visit);
}

function inside(schema: JsonValue, context: KeywordContext, visit: (context: KeywordContext) => void): void {
  if (!isJsonObject(schema)) return;
  const scope: Scope = entered(schema, context.scope);
  context.walk.budget.descend();
  visit({ ...context, schema, scope });
  context.walk.budget.ascend();
}
