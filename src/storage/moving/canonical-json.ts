/**
 * JSON text as PostgreSQL's jsonb has it, without its spaces: the keys of an object by their length, then by their
 * bytes; numbers without an exponent. An object is the same text in a dump, whichever database it comes from, and what
 * comes from PostgreSQL stays as it is.
 *
 * @param text JSON without anything between its values
 * @throws SyntaxError
 */
export function canonicalJson(text: string): string {
  const reader = new Reader(text);
  const value = reader.value();
  if (!reader.isAtEnd) throw new SyntaxError('something follows the JSON value');
  return value;
}

const NUMBER = /(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/** What a string may hold without being written differently by anybody. */
// eslint-disable-next-line no-control-regex -- what must be escaped is meant
const PLAIN = /^[^"\\\u0000-\u001f\ud800-\udfff]*$/;

class Reader {
  private index = 0;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    this.skip(SPACE);
    return this.index === this.text.length;
  }

  value(): string {
    this.skip(SPACE);
    const first = this.text[this.index];
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    if (first === '"') return this.string().json;
    return this.skip(WORD) ?? this.number();
  }

  private object(): string {
    const members = new Map<string, string>();
    if (this.begins('}')) return '{}';
    do {
      this.skip(SPACE);
      const { json: key } = this.string();
      this.expect(':');
      members.set(key, `${key}:${this.value()}`);
    } while (this.goesOn('}'));
    const keys = [...members.keys()];
    if (keys.length > 1) keys.sort(compareKeys);
    return `{${keys.map((key) => members.get(key)).join(',')}}`;
  }

  private array(): string {
    const elements: string[] = [];
    if (this.begins(']')) return '[]';
    do elements.push(this.value());
    while (this.goesOn(']'));
    return `[${elements.join(',')}]`;
  }

  /** Past the opening bracket; whether the closing one follows. */
  private begins(closing: string): boolean {
    this.index += 1;
    this.skip(SPACE);
    if (this.text[this.index] !== closing) return false;
    this.index += 1;
    return true;
  }

  /** Whether a comma follows rather than the end. */
  private goesOn(closing: string): boolean {
    this.skip(SPACE);
    const found = this.text[this.index];
    if (found !== ',' && found !== closing) throw this.error();
    this.index += 1;
    return found === ',';
  }

  private string(): { json: string } {
    const start = this.index;
    if (this.text[start] !== '"') throw this.error();
    let end = this.text.indexOf('"', start + 1);
    while (end !== -1 && isEscaped(this.text, end)) end = this.text.indexOf('"', end + 1);
    if (end === -1) throw this.error();
    this.index = end + 1;
    const json = this.text.slice(start, end + 1);
    return { json: PLAIN.test(json.slice(1, -1)) ? json : JSON.stringify(JSON.parse(json)) };
  }

  private number(): string {
    NUMBER.lastIndex = this.index;
    const match = NUMBER.exec(this.text);
    if (match === null) throw this.error();
    this.index = NUMBER.lastIndex;
    const [all, sign = '', whole = '', fraction = '', exponent] = match;
    const digits = exponent === undefined ? all.slice(sign.length) : shifted(whole, fraction, Number(exponent));
    return /[1-9]/.test(digits) ? sign + digits : digits;
  }

  private expect(character: string): void {
    this.skip(SPACE);
    if (this.text[this.index] !== character) throw this.error();
    this.index += 1;
  }

  private skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.index;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.index += found.length;
    return found;
  }

  private error(): SyntaxError {
    return new SyntaxError(`no JSON at character ${this.index}`);
  }
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text[index - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

/** PostgreSQL's numbers hold this many digits in front of the point; a text with more is nobody's number. */
const MOST_DIGITS = 131_072;

function shifted(whole: string, fraction: string, exponent: number): string {
  if (Math.abs(exponent) > MOST_DIGITS) throw new SyntaxError('a number with too large an exponent');
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  const front = digits
    .slice(0, point)
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  const rest = digits.slice(point);
  return rest === '' ? front : `${front}.${rest}`;
}

/** Both with their quotes. */
function compareKeys(a: string, b: string): number {
  const [first, second] = [bytesOf(a), bytesOf(b)];
  return first.length - second.length || first.compare(second);
}

function bytesOf(key: string): Buffer {
  return Buffer.from(PLAIN.test(key.slice(1, -1)) ? key.slice(1, -1) : (JSON.parse(key) as string));
}
