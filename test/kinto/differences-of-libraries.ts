import type { Difference } from './difference.js';

/** What begins like this ends as it likes. */
const TEXTS: readonly (readonly [reason: string, beginning: RegExp])[] = [
  ['JSON Patch.', /^(?:body: )?JSON Patch operation failed: /],
  ['Invalid JSON.', /^Invalid JSON: /],
  ['Invalid JSON in a form.', /^body: \w+ is not valid JSON \(/],
  ['A form that is none.', /^Invalid (?:boundary in )?multipart form\b/],
  ['Huge numbers.', /^(?:_limit in querystring: )?\d{18,} is greater than maximum value /],
];

const areBoth = (pattern: RegExp, ...texts: unknown[]): boolean =>
  texts.every((text) => typeof text === 'string' && pattern.test(text));

/** Texts that Kinto hands on, of JSON parsers and others. */
export const OF_LIBRARIES: readonly Difference[] = TEXTS.map(([reason, beginning]) => ({
  name: 'Of a text that Kinto takes from a library, only the beginning is the same.',
  reason,
  explains: ({ where, kinto, kumocast }) =>
    /\.(?:message|description)$/.test(where) && areBoth(beginning, kinto, kumocast),
  parts: false,
}));
