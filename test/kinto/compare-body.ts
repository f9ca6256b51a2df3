import type { Comparison } from './compare.js';
import { familiesIn } from './compare-metrics.js';
import { listOf } from './list.js';
import type { Pairs } from './pairs.js';

/** ms, of this century. */
const TIME = /\b\d{13}\b/g;

/** Where the order means nothing (kinto-api.md, 1.3 and 7.6). */
const UNORDERED = /(?:^| |\.)(?:permissions(?:\.[\w:]+)?|principals)$/;

/** @param isBatch what is in it is compared as requests of its own, with their own lists */
export function compareBodies(comparison: Comparison, isBatch: boolean): void {
  const { exchange, add } = comparison;
  const [left, right] = [exchange.kinto.answer.text, exchange.kumocast.answer.text];
  const [kinto, kumocast] = [parse(left), parse(right)];
  if (left.startsWith('# HELP ') && right.startsWith('# HELP ')) return compareMetrics(comparison, left, right);
  if (kinto === undefined || kumocast === undefined) {
    if (left !== right) add('body', left.slice(0, 2000), right.slice(0, 2000));
    return;
  }

  const [isAscii, isAsciiHere] = [left, right].map((text) => /^[\0-\x7f]*$/.test(text));
  if (isAscii !== isAsciiHere) add('body as ASCII', isAscii, isAsciiHere);
  if (isBatch) for (const body of [kinto, kumocast]) leavePaths(body);
  compareValues(comparison, 'body', '', kinto, kumocast);
}

function compareMetrics({ add }: Comparison, left: string, right: string): void {
  const [kinto, kumocast] = [familiesIn(left), familiesIn(right)];
  for (const name of new Set([...kinto.keys(), ...kumocast.keys()])) {
    if (kinto.get(name) !== kumocast.get(name)) add(`body ${name}`, kinto.get(name), kumocast.get(name));
  }
}

function leavePaths(body: unknown): void {
  if (!isMap(body) || !Array.isArray(body.responses)) return;
  body.responses = body.responses.map((response: unknown) => (isMap(response) ? response.path : response));
}

/** Numbers that JavaScript would round are kept as they are written. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(/(?<=[:[,])-?\d{16,}(?=[,\]}])/g, '"number $&"'));
  } catch {
    return undefined;
  }
}

/** @param key the last part of `where` */
function compareValues(comparison: Comparison, where: string, key: string, kinto: unknown, kumocast: unknown): void {
  if (Array.isArray(kinto) && Array.isArray(kumocast)) return compareLists(comparison, where, kinto, kumocast);
  if (isMap(kinto) && isMap(kumocast)) return compareMaps(comparison, where, kinto, kumocast);
  if (typeof kinto === 'string' && typeof kumocast === 'string') {
    return compareText(comparison, where, key, kinto, kumocast);
  }
  if (isClockReading(comparison, key, kinto) && isClockReading(comparison, key, kumocast)) {
    const list = key === 'schema' ? comparison.list.replace(/\/[^/]+\/records$/, '') : comparison.list;
    if (!comparison.pairs.joinStamps(list, kinto, kumocast)) comparison.add(where, kinto, kumocast);
  } else if (!Object.is(exact(kinto), exact(kumocast))) comparison.add(where, kinto, kumocast);
}

/** PostgreSQL writes 1e21 with all its digits. */
function exact(value: unknown): unknown {
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? `number ${BigInt(value)}`
    : value;
}

function isClockReading({ pairs }: Comparison, key: string, value: unknown): value is number {
  return (key === 'last_modified' || key === 'schema') && typeof value === 'number' && pairs.isFromClock(value);
}

function compareMaps(
  comparison: Comparison,
  where: string,
  kinto: Readonly<Record<string, unknown>>,
  kumocast: Readonly<Record<string, unknown>>,
): void {
  const translated = Object.fromEntries(
    Object.entries(kinto).map(([key, value]) => [comparison.pairs.translate(key), value]),
  );
  for (const key of new Set([...Object.keys(translated), ...Object.keys(kumocast)])) {
    const place = `${where}.${key}`;
    if (!(key in translated)) comparison.add(place, undefined, kumocast[key]);
    else if (!(key in kumocast)) comparison.add(place, translated[key], undefined);
    else compareValues(within(comparison, key, kumocast), place, key, translated[key], kumocast[key]);
  }
}

/** What a history entry tells of has the timestamps of its own list. */
function within(comparison: Comparison, key: string, parent: Readonly<Record<string, unknown>>): Comparison {
  return key === 'target' && typeof parent.uri === 'string' ? { ...comparison, list: listOf(parent.uri) } : comparison;
}

function compareLists(
  comparison: Comparison,
  where: string,
  kinto: readonly unknown[],
  kumocast: readonly unknown[],
): void {
  const [left, right] = [sorted(comparison, where, kinto, true), sorted(comparison, where, kumocast, false)];
  if (left.length !== right.length) return comparison.add(where, left, right);
  for (const [index, value] of left.entries()) {
    compareValues(comparison, `${where}.${index}`, String(index), value, right[index]);
  }
}

function sorted(
  { exchange, pairs }: Comparison,
  where: string,
  values: readonly unknown[],
  isKinto: boolean,
): readonly unknown[] {
  const isTombstones = where === 'body.data' && exchange.step.method === 'DELETE';
  if (!isTombstones && !UNORDERED.test(where)) return values;
  // Nobody has seen the ids of these before, and in which order they come means nothing.
  if (isTombstones && /\/history(?:\?|$)/.test(exchange.step.path)) return values.map(() => 'a tombstone');
  const keyOf = (value: unknown): string => {
    const text = isMap(value) && typeof value.id === 'string' ? value.id : JSON.stringify(value);
    return isKinto ? pairs.translate(text) : text;
  };
  const own = where.endsWith('principals') ? values.filter((value) => !isOthersGroup(pairs, value)) : values;
  return [...own].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** A group of another scenario that everybody is in. */
function isOthersGroup({ name }: Pairs, value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/buckets/') && !value.startsWith(`/buckets/${name}`);
}

export function compareText(
  { exchange, pairs, add }: Comparison,
  where: string,
  key: string,
  kinto: string,
  kumocast: string,
): void {
  const left = pairs.translate(withoutChance(kinto, exchange.kinto.origin));
  const right = withoutChance(kumocast, exchange.kumocast.origin);
  if (left === right) return;
  // Which settings are in use: each has its own file.
  if (/^body\.config\.(?:path|hash|modified)$/.test(where)) return;
  if (key === 'id' && pairs.joinIds(kinto, kumocast)) return;
  if (key === 'location' && areAlikeButForIds(left, right, pairs)) return;
  if (key === 'password' && [left, right].every((text) => /^\$2[aby]\$12\$.{53}$/.test(text))) return;
  if (key === 'date' && [left, right].every((text) => /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}\+00:00$/.test(text))) return;
  if (!areAlikeButForTimes(left, right, pairs)) add(where, kinto, kumocast);
}

/** Without the server's own address, and with media types in one order: Kinto's come from a set. */
function withoutChance(text: string, origin: string): string {
  return text
    .replaceAll(origin, 'SERVER')
    .replace(/(?<=should be one of \[)[^\]]*/, (types) => types.split(', ').sort().join(', '));
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Names of files are made up by each server. */
function areAlikeButForIds(left: string, right: string, pairs: Pairs): boolean {
  const [names, namesHere] = [left, right].map((text) => text.match(UUID) ?? []);
  const [rest, restHere] = [left, right].map((text) => text.replaceAll(UUID, 'UUID'));
  return rest === restHere && names!.every((name, index) => pairs.joinIds(name, namesHere![index]!));
}

function areAlikeButForTimes(left: string, right: string, pairs: Pairs): boolean {
  const [rest, restHere] = [left, right].map((text) => text.replaceAll(TIME, 'TIME'));
  if (rest !== restHere) return false;
  const [times, timesHere] = [left, right].map((text) => text.match(TIME) ?? []);
  return times!.every((time, index) => {
    const here = timesHere![index]!;
    return time === here || (pairs.isFromClock(Number(time)) && pairs.isFromClock(Number(here)));
  });
}

/**
 * Page tokens: base64 of JSON (kinto-api.md, 5.8). They are the server's own business, but for the values that the next
 * page begins after; of a DELETE not even those, for they are the tombstones' in Kinto.
 */
export function compareToken(comparison: Comparison, where: string, kinto: string, kumocast: string): void {
  const [left, right] = [kinto, kumocast].map((token) => parse(Buffer.from(token, 'base64').toString()));
  if (!isMap(left) || !isMap(right)) return comparison.add(where, kinto, kumocast);
  if (comparison.exchange.step.method === 'DELETE') return;
  compareValues(comparison, where, '', left.last_object, right.last_object);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
