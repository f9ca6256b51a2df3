import { Failure } from '../failure.js';
import { pythonRepr, pythonReprs } from '../python-repr.js';
import type { Keyword } from '../schema-walk.js';
import { asList, asText } from './malformed.js';

/* Schemas put together from schemas. */

export const allOf: Keyword = (given, instance, { walk, scope }) => {
  for (const schema of asList(given)) {
    const failure = walk.descend(instance, schema, scope);
    if (failure !== undefined) return failure;
  }
  return undefined;
};

export const anyOf: Keyword = (given, instance, { walk, scope }) => {
  if (asList(given).some((schema) => walk.isValid(instance, schema, scope))) return undefined;
  return new Failure(() => `${pythonRepr(instance)} is not valid under any of the given schemas`);
};

export const oneOf: Keyword = (given, instance, { walk, scope }) => {
  const [first, ...more] = asList(given).filter((schema) => walk.isValid(instance, schema, scope));
  if (first === undefined) {
    return new Failure(() => `${pythonRepr(instance)} is not valid under any of the given schemas`);
  }
  if (more.length === 0) return undefined;
  return new Failure(() => `${pythonRepr(instance)} is valid under each of ${pythonReprs([...more, first])}`);
};

export const not: Keyword = (given, instance, { walk, scope }) => {
  if (!walk.isValid(instance, given, scope)) return undefined;
  return new Failure(() => `${pythonRepr(instance)} should not be valid under ${pythonRepr(given)}`);
};

export const condition: Keyword = (given, instance, { schema, walk, scope }) => {
  const next = walk.isValid(instance, given, scope) ? schema.then : schema.else;
  return next === undefined ? undefined : walk.descend(instance, next, scope);
};

export const reference: Keyword = (given, instance, { walk, scope }) => {
  const target = scope.resource.document.resolve(asText(given), scope);
  return walk.descend(instance, target.schema, target.scope);
};

/** 2019-09: the outermost resource that takes part in the recursion. */
export const recursiveReference: Keyword = (_given, instance, { walk, scope }) => {
  let target = scope;
  while (target.resource.isRecursiveAnchor && target.outer?.resource.isRecursiveAnchor === true) target = target.outer;
  return walk.descend(instance, target.resource.root, { resource: target.resource, outer: scope });
};
