import { signatureOf, type Judge, type Verdict } from './judge.js';
import type { JsonMap, Scenario, Step } from './step.js';

/** Plays at most; what is left then is small enough to be read. */
const MAX_PLAYS = 150;

export interface Shrunk {
  readonly scenario: Scenario;
  readonly verdict: Verdict;
}

/**
 * The fewest requests that still show the same kind of difference, each with as little as it needs.
 *
 * @returns undefined when it does not show again at all
 */
export async function shrink(judge: Judge, found: Scenario, signature: string): Promise<Shrunk | undefined> {
  let plays = 0;
  const attempt = async (scenario: Scenario): Promise<Verdict | undefined> => {
    if ((plays += 1) > MAX_PLAYS) return undefined;
    const verdict = await judge.play(scenario);
    return verdict.finding !== undefined && signatureOf(verdict.finding) === signature ? verdict : undefined;
  };
  let verdict = (await attempt(found)) ?? (await attempt(found));
  if (verdict === undefined) return undefined;
  let scenario = found.slice(0, verdict.exchanges.length);
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const smaller of smallerThan(scenario)) {
      const seen = await attempt(smaller);
      if (seen === undefined) continue;
      [scenario, verdict, isSmaller] = [smaller.slice(0, seen.exchanges.length), seen, true];
      break;
    }
  }
  return { scenario, verdict };
}

/** Large pieces first. */
function* smallerThan(scenario: Scenario): Generator<Scenario> {
  for (let size = Math.floor(scenario.length / 2); size > 1; size = Math.floor(size / 2)) {
    for (let from = 0; from + size < scenario.length; from += size) {
      yield [...scenario.slice(0, from), ...scenario.slice(from + size)];
    }
  }
  for (const index of scenario.keys()) yield scenario.filter((_step, other) => other !== index);
  for (const [index, step] of scenario.entries()) {
    for (const simpler of simplerThan(step)) yield scenario.map((other, at) => (at === index ? simpler : other));
  }
}

function* simplerThan(step: Step): Generator<Step> {
  const { batch, query = [], headers = [], body, ...rest } = step;
  const whole = { ...rest, ...(body === undefined ? {} : { body }) };
  if (batch !== undefined) {
    for (const smaller of smallerThan(batch)) yield { ...step, batch: smaller };
    return;
  }
  for (const [index, [, value]] of query.entries()) {
    // The list of buckets without it would be everybody's.
    if (!value.includes('{{name}}')) yield { ...whole, headers, query: query.filter((_pair, at) => at !== index) };
  }
  for (const index of headers.keys()) yield { ...whole, query, headers: headers.filter((_pair, at) => at !== index) };
  if (body === null || typeof body !== 'object') return;
  if (Array.isArray(body)) {
    for (const index of body.keys()) yield { ...step, body: body.filter((_item, at) => at !== index) };
    return;
  }
  const map = body as JsonMap;
  for (const key of Object.keys(map)) {
    yield { ...step, body: without(map, key) };
    const inner = map[key];
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) continue;
    const innerMap = inner as JsonMap;
    for (const field of Object.keys(innerMap)) yield { ...step, body: { ...map, [key]: without(innerMap, field) } };
  }
}

function without(map: JsonMap, key: string): JsonMap {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}
