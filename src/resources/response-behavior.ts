import type { ErrorDetail } from '../wire/api-error.js';
import type { JsonObject } from '../wire/json.js';
import type { ApiRequest } from './api-message.js';
import { isJsonEqual } from './json-equality.js';

export const BEHAVIORS = ['full', 'light', 'diff'] as const;

/** How much of the object the answer to a PATCH holds (kinto-api.md, 3.4). */
export type ResponseBehavior = (typeof BEHAVIORS)[number];

export function readResponseBehavior({ headers }: ApiRequest, problems: ErrorDetail[]): ResponseBehavior {
  const given = headers['response-behavior']?.trim() ?? '';
  if (given === '') return 'full';
  const behavior = BEHAVIORS.find((known) => known === given);
  if (behavior !== undefined) return behavior;
  const description = `"${given}" is not one of ${BEHAVIORS.join(', ')}`;
  problems.push({ location: 'header', name: 'Response-Behavior', description });
  return 'full';
}

/**
 * What `light` and `diff` show.
 *
 * @param sent the attributes that the patch names, as it would have them
 */
export function partOf(
  behavior: 'light' | 'diff',
  { sent, before, after }: Readonly<Record<'sent' | 'before' | 'after', Readonly<JsonObject>>>,
): JsonObject {
  const shown = Object.keys(sent).filter((name) => {
    const value = Object.hasOwn(after, name) ? after[name] : undefined;
    if (value === undefined) return false;
    // As in Kinto, null where there was nothing is no change.
    const old = Object.hasOwn(before, name) ? before[name]! : null;
    if (isJsonEqual(old, value)) return false;
    return behavior === 'light' || !isJsonEqual(sent[name]!, value);
  });
  return Object.fromEntries(shown.map((name) => [name, after[name]!]));
}
