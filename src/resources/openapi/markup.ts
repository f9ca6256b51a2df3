/** Text that is HTML already. It is ASCII, as every answer is. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | undefined | readonly Part[];

/** `markup`<b>${x}</b>``: whatever is put in is text, unless it is HTML itself; `undefined` is nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // The indentation is for whoever reads the source: it would be half of the page.
  const text = strings.raw.map((literal, index) => literal.replace(/\n\s+/g, '\n') + textOf(parts[index])).join('');
  return new Html(text.replace(/[\u0080-\u{10ffff}]/gu, (character) => `&#${character.codePointAt(0)!};`));
}

/** Sentences with code between back quotes, as OpenAPI's descriptions have it. */
export function prose(markdown: string): Html {
  const pieces = markdown.split('`').map((piece, index) => (index % 2 === 1 ? markup`<code>${piece}</code>` : piece));
  return markup`${pieces}`;
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
