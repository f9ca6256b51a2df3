import type { JsonValue } from '../../wire/json.js';

/** How much of one value a message shows: enough to find it by, whatever somebody has sent. */
const LONGEST_SHOWN = 1000;

/**
 * A value as Python prints it, since Kinto's messages do and clients compare them (kinto-api.md, 11.3). One thing
 * cannot be told apart any more: whether somebody wrote `3` or `3.0`; both are `3`.
 */
export function pythonRepr(value: JsonValue): string {
  const written = new Written();
  written.add(value);
  return written.text;
}

/** `'a', 'b'` of several values. */
export function pythonReprs(values: readonly JsonValue[]): string {
  const written = new Written();
  written.list(values);
  return written.text;
}

/** Stops growing once it is long enough, so that a message of a huge value costs no more than that of a large one. */
class Written {
  text = '';

  add(value: JsonValue): void {
    if (this.isFull) return;
    if (value === null) this.put('None');
    else if (value === true) this.put('True');
    else if (value === false) this.put('False');
    else if (typeof value === 'string') this.put(quoted(value));
    else if (typeof value === 'bigint') this.put(value.toString());
    else if (typeof value === 'number') this.put(numeral(value));
    else if (Array.isArray(value)) {
      this.put('[');
      this.list(value);
      this.put(']');
    } else {
      this.put('{');
      for (const [index, key] of Object.keys(value).entries()) {
        if (this.isFull) break;
        if (index > 0) this.put(', ');
        this.put(`${quoted(key)}: `);
        this.add(value[key]!);
      }
      this.put('}');
    }
  }

  list(values: readonly JsonValue[]): void {
    for (const [index, value] of values.entries()) {
      if (this.isFull) return;
      if (index > 0) this.put(', ');
      this.add(value);
    }
  }

  private get isFull(): boolean {
    return this.text.length > LONGEST_SHOWN;
  }

  private put(text: string): void {
    if (this.isFull) return;
    this.text += text;
    if (this.isFull) this.text = `${this.text.slice(0, LONGEST_SHOWN)}…`;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(whole: string): string {
  const text = whole.slice(0, LONGEST_SHOWN + 1);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // Everything but ASCII's space that is a separator or has no glyph, as Python's `isprintable` decides.
  const escaped = text.replace(/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0)!.toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
  });
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** From here on Python writes a float with an exponent; JavaScript does so only from 1e21. */
const FIRST_EXPONENTIAL = 1e16;
const LAST_PLAIN_FRACTION = 1e-4;

function numeral(value: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size < FIRST_EXPONENTIAL && size >= LAST_PLAIN_FRACTION);
  if (isPlain) return Object.is(value, -0) ? '-0.0' : String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
