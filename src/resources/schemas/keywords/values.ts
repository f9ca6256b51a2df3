import { isJsonObject, type JsonValue } from '../../../wire/json.js';
import { isJsonEqual } from '../../json-equality.js';
import { Failure, UnusableSchema } from '../failure.js';
import { pythonRepr, pythonReprs } from '../python-repr.js';
import type { Keyword, KeywordContext } from '../schema-walk.js';
import { asList, asNumber, asText } from './malformed.js';

/* What is said of one value, whatever is inside. The sentences are those of Kinto's library: clients compare them. */

const TYPES = new Map<string, (value: JsonValue) => boolean>([
  ['array', Array.isArray],
  ['boolean', (value) => typeof value === 'boolean'],
  ['integer', (value) => typeof value === 'bigint' || Number.isInteger(value)],
  ['null', (value) => value === null],
  ['number', isNumber],
  ['object', isJsonObject],
  ['string', (value) => typeof value === 'string'],
]);

export function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export const type: Keyword = (given, instance) => {
  const types = typeof given === 'string' ? [given] : asList(given);
  const isOne = types.some((name) => {
    const isOfType = TYPES.get(asText(name));
    if (isOfType === undefined) throw new UnusableSchema(`Unknown type ${pythonRepr(name)}`);
    return isOfType(instance);
  });
  if (isOne) return undefined;
  return new Failure(() => `${pythonRepr(instance)} is not of type ${pythonReprs(types)}`);
};

export const enumeration: Keyword = (given, instance, { walk: { budget } }) => {
  const allowed = asList(given);
  budget.spend(allowed.length);
  if (allowed.some((value) => isJsonEqual(value, instance, (elements) => budget.spend(elements)))) return undefined;
  return new Failure(() => `${pythonRepr(instance)} is not one of ${pythonRepr(given)}`);
};

export const constant: Keyword = (wanted, instance, { walk: { budget } }) => {
  if (isJsonEqual(wanted, instance, (elements) => budget.spend(elements))) return undefined;
  return new Failure(() => `${pythonRepr(wanted)} was expected`);
};

/** A keyword that compares numbers. */
function bound(isBroken: (instance: number | bigint, limit: number | bigint) => boolean, sentence: string): Keyword {
  return (given, instance) => {
    if (!isNumber(instance) || !isBroken(instance, asNumber(given))) return undefined;
    return new Failure(() => `${pythonRepr(instance)} is ${sentence} of ${pythonRepr(given)}`);
  };
}

export const minimum = bound((instance, limit) => instance < limit, 'less than the minimum');
export const maximum = bound((instance, limit) => instance > limit, 'greater than the maximum');
export const exclusiveMinimum = bound((instance, limit) => instance <= limit, 'less than or equal to the minimum');
export const exclusiveMaximum = bound((instance, limit) => instance >= limit, 'greater than or equal to the maximum');

/** Draft 4: `exclusiveMinimum` and `exclusiveMaximum` are switches beside the limit. */
export const minimumOfDraft4: Keyword = (given, instance, context) => {
  return (context.schema.exclusiveMinimum ? exclusiveMinimum : minimum)(given, instance, context);
};
export const maximumOfDraft4: Keyword = (given, instance, context) => {
  return (context.schema.exclusiveMaximum ? exclusiveMaximum : maximum)(given, instance, context);
};

export const multipleOf: Keyword = (given, instance) => {
  if (!isNumber(instance) || isMultiple(instance, asNumber(given))) return undefined;
  return new Failure(() => `${pythonRepr(instance)} is not a multiple of ${pythonRepr(given)}`);
};

function isMultiple(instance: number | bigint, step: number | bigint): boolean {
  if (Number(step) === 0) throw new UnusableSchema('Nothing is a multiple of 0');
  if (typeof instance === 'bigint' && (typeof step === 'bigint' || Number.isInteger(step))) {
    return instance % BigInt(step) === 0n;
  }
  const whole = Number(instance);
  const quotient = whole / Number(step);
  // As there: the quotient of doubles decides, so that 0.3 is no multiple of 0.1.
  if (!Number.isInteger(step) && Number.isFinite(quotient)) return Number.isInteger(quotient);
  return whole % Number(step) === 0;
}

/** A keyword that compares the length of texts, in characters as people count them: an emoji is one. */
function length(
  isBroken: (length: number, limit: number | bigint) => boolean,
  sentenceOf: (limit: JsonValue) => string,
): Keyword {
  return (given, instance, { walk: { budget } }) => {
    if (typeof instance !== 'string') return undefined;
    budget.spend(Math.ceil(instance.length / 100));
    if (!isBroken(charactersOf(instance), asNumber(given))) return undefined;
    return new Failure(() => `${pythonRepr(instance)} ${sentenceOf(given)}`);
  };
}

export function tooFew(limit: JsonValue): string {
  return limit === 1 ? 'should be non-empty' : 'is too short';
}

export function tooMany(limit: JsonValue): string {
  return limit === 0 ? 'is expected to be empty' : 'is too long';
}

export const minLength = length((characters, limit) => characters < limit, tooFew);
export const maxLength = length((characters, limit) => characters > limit, tooMany);

function charactersOf(text: string): number {
  let characters = 0;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- a text is iterated by characters
  for (const _ of text) characters += 1;
  return characters;
}

export const pattern: Keyword = (given, instance, { walk }) => {
  if (typeof instance !== 'string' || walk.patterns.matches(asText(given), instance, walk.budget)) return undefined;
  return new Failure(() => `${pythonRepr(instance)} does not match ${pythonRepr(given)}`);
};

/** Of all formats only this one counts, and only in the meta-schema: nothing else is enforced (kinto-api.md, 11.2). */
export const formatOfMetaSchema: Keyword = (given, instance, { walk }: KeywordContext) => {
  if (given !== 'regex' || typeof instance !== 'string') return undefined;
  if (walk.patterns.isUsable(instance, walk.budget)) return undefined;
  const why = isRegExp(instance) ? ' that can be searched in linear time' : '';
  return new Failure(() => `${pythonRepr(instance)} is not a 'regex'${why}`);
};

/** Whether it is one elsewhere. */
function isRegExp(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
