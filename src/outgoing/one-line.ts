/** How much of an answer's body is told: a sentence, not a page of HTML. */
const LONGEST_EXCERPT = 200;

/* eslint-disable-next-line no-control-regex -- control characters would split the line of the log, or worse */
const BLANKS = /[\s\u0000-\u001f\u007f-\u009f]+/g;

/** The beginning of somebody else's text, fit for a line of the log. Secrets must be out of it before. */
export function oneLine(text: string): string {
  return text.replace(BLANKS, ' ').trim().slice(0, LONGEST_EXCERPT);
}
