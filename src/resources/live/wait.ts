import type { ErrorDetail } from '../../wire/api-error.js';

/** Half of what proxies give a request that says nothing. */
const USUAL_WAIT = 25;

/** The seconds that a long poll may wait. @param problems gets what is wrong with it */
export function readWait(text: string | undefined, most: number, problems: ErrorDetail[]): number {
  if (text === undefined) return Math.min(USUAL_WAIT, most);
  const wait = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Infinity;
  if (wait <= most) return wait;
  problems.push({ location: 'querystring', name: '_wait', description: `It is a number of seconds, at most ${most}` });
  return 0;
}
