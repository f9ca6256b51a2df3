import type { JsonObject } from '../../wire/json.js';

/** Where OpenAPI's own words for schemes differ from those of a challenge, only the case does. */
export function securityOf(challenges: readonly string[]): { security: JsonObject[]; schemes: JsonObject } {
  const names = [...new Set(challenges.map((challenge) => challenge.split(' ', 1)[0]!.toLowerCase()))];
  return {
    // Nobody in particular is somebody too: there are permissions for everyone.
    security: [{}, ...names.map((name) => ({ [name]: [] }))],
    schemes: Object.fromEntries(names.map((name) => [name, { type: 'http', scheme: name }])),
  };
}
