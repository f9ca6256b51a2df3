import { isJsonObject, type JsonValue } from '../../../wire/json.js';
import { canonicalText } from '../../json-equality.js';
import { Failure } from '../failure.js';
import { pythonRepr, pythonReprs } from '../python-repr.js';
import type { Keyword, KeywordContext } from '../schema-walk.js';
import { asList, asNumber } from './malformed.js';
import { tooFew, tooMany } from './values.js';

/* What is said of arrays and of what is in them. */

function each(items: readonly JsonValue[], schema: JsonValue, from: number, { walk, scope }: KeywordContext) {
  if (schema === true) return undefined;
  for (let index = from; index < items.length; index += 1) {
    const failure = walk.descend(items[index]!, schema, scope, index);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** One schema per item, as far as both go. */
export const prefixItems: Keyword = (given, instance, { walk, scope }) => {
  if (!Array.isArray(instance)) return undefined;
  for (const [index, schema] of asList(given).slice(0, instance.length).entries()) {
    const failure = walk.descend(instance[index]!, schema, scope, index);
    if (failure !== undefined) return failure;
  }
  return undefined;
};

/** From 2020-12 on: what comes after `prefixItems`. */
export const items: Keyword = (given, instance, context) => {
  if (!Array.isArray(instance)) return undefined;
  const prefix = context.schema.prefixItems === undefined ? 0 : asList(context.schema.prefixItems).length;
  if (given !== false) return each(instance, given, prefix, context);
  const extra = instance.slice(prefix);
  if (extra.length === 0) return undefined;
  const shown = extra.length === 1 ? extra[0]! : extra;
  const noun = prefix === 1 ? 'item' : 'items';
  return new Failure(() => {
    return `Expected at most ${prefix} ${noun} but found ${extra.length} extra: ${pythonRepr(shown)}`;
  });
};

/** Up to 2019-09: one schema for all, or one for each. */
export const itemsUntil2019: Keyword = (given, instance, context) => {
  if (!Array.isArray(instance)) return undefined;
  return Array.isArray(given) ? prefixItems(given, instance, context) : each(instance, given, 0, context);
};

/** Up to 2019-09: what comes after those. */
export const additionalItems: Keyword = (given, instance, context) => {
  const before = context.schema.items;
  if (!Array.isArray(instance) || !Array.isArray(before)) return undefined;
  if (isJsonObject(given)) return each(instance, given, before.length, context);
  if (given === true || instance.length <= before.length) return undefined;
  return new Failure(() => `Additional items are not allowed ${unexpected(instance.slice(before.length))}`);
};

export function unexpected(values: readonly JsonValue[]): string {
  return `(${pythonReprs(values)} ${values.length === 1 ? 'was' : 'were'} unexpected)`;
}

/** From 2019-09 on. */
export const contains: Keyword = (given, instance, { schema, scope, walk }) => {
  if (!Array.isArray(instance)) return undefined;
  const least = schema.minContains === undefined ? 1 : asNumber(schema.minContains);
  const most = schema.maxContains === undefined ? instance.length : asNumber(schema.maxContains);
  let matches = 0;
  for (const item of instance) {
    if (walk.isValid(item, given, scope)) matches += 1;
    if (matches > most) {
      return new Failure(() => `Too many items match the given schema (expected at most ${most})`);
    }
  }
  if (matches >= least) return undefined;
  return new Failure(() => {
    return matches === 0
      ? `${pythonRepr(instance)} does not contain items matching the given schema`
      : `Too few items match the given schema (expected at least ${least} but only ${matches} matched)`;
  });
};

/** Up to draft 7. */
export const containsUntil7: Keyword = (given, instance, { scope, walk }) => {
  if (!Array.isArray(instance) || instance.some((item) => walk.isValid(item, given, scope))) return undefined;
  return new Failure(() => `None of ${pythonRepr(instance)} are valid under the given schema`);
};

export const minItems: Keyword = (given, instance) => {
  if (!Array.isArray(instance) || instance.length >= asNumber(given)) return undefined;
  return new Failure(() => `${pythonRepr(instance)} ${tooFew(given)}`);
};

export const maxItems: Keyword = (given, instance) => {
  if (!Array.isArray(instance) || instance.length <= asNumber(given)) return undefined;
  return new Failure(() => `${pythonRepr(instance)} ${tooMany(given)}`);
};

/** How many characters of a canonical text are one step. */
const CHARACTERS_PER_STEP = 50;

export const uniqueItems: Keyword = (given, instance, { walk: { budget } }) => {
  if (given !== true || !Array.isArray(instance)) return undefined;
  const seen = new Set<string>();
  for (const item of instance) {
    const text = canonicalText(item);
    budget.spend(1 + Math.floor(text.length / CHARACTERS_PER_STEP));
    if (seen.has(text)) return new Failure(() => `${pythonRepr(instance)} has non-unique elements`);
    seen.add(text);
  }
  return undefined;
};
