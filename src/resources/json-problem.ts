/** What stands where in a text that is no JSON, in the words of RapidJSON, which Kinto repeats to its clients. */
interface Problem {
  /** In characters from the start. */
  readonly at: number;
  readonly sentence: string;
}

/**
 * What is wrong with a text that `JSON.parse` has refused, e.g. `Parse error at offset 1: Missing a name for object
 * member.` Kinto's tests compare these sentences; those of V8 are others, and change with its version.
 */
export function describeJsonProblem(text: string): string {
  const { at, sentence } = new JsonText(text).findProblem() ?? { at: text.length, sentence: 'Invalid value.' };
  return `Parse error at offset ${at}: ${sentence}`;
}

const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

/** Walks without recursion, since a text may be nested as deeply as it is long. */
class JsonText {
  private at = 0;
  /** The brackets that are open. */
  private readonly open: ('{' | '[')[] = [];

  constructor(private readonly text: string) {}

  findProblem(): Problem | undefined {
    this.skipSpace();
    if (this.at === this.text.length) return this.problem('The document is empty.');
    for (;;) {
      const problem = this.value() ?? this.afterValue();
      if (problem !== undefined) return problem;
      if (this.at === this.text.length && this.open.length === 0) return undefined;
    }
  }

  /** Passes a scalar or an empty container whole, of any other container its beginning, up to its first value. */
  private value(): Problem | undefined {
    for (;;) {
      this.skipSpace();
      const character = this.text[this.at] ?? '';
      if (character !== '{' && character !== '[') return this.scalar(character);
      this.at += 1;
      this.skipSpace();
      if (this.text[this.at] === (character === '{' ? '}' : ']')) {
        this.at += 1;
        return undefined;
      }
      this.open.push(character);
      const problem = character === '{' ? this.name() : undefined;
      if (problem !== undefined) return problem;
    }
  }

  /** Passes what may follow a value: closing brackets, then a comma and maybe a name, or the end. */
  private afterValue(): Problem | undefined {
    for (;;) {
      this.skipSpace();
      const bracket = this.open.at(-1);
      const character = this.text[this.at];
      if (bracket === undefined) {
        return character === undefined
          ? undefined
          : this.problem('The document root must not be followed by other values.');
      }
      const closing = bracket === '{' ? '}' : ']';
      if (character === ',') {
        this.at += 1;
        return bracket === '{' ? this.name() : undefined;
      }
      if (character !== closing) {
        return this.problem(
          `Missing a comma or '${closing}' after an ${bracket === '{' ? 'object member' : 'array element'}.`,
        );
      }
      this.at += 1;
      this.open.pop();
    }
  }

  private name(): Problem | undefined {
    this.skipSpace();
    if (this.text[this.at] !== '"') return this.problem('Missing a name for object member.');
    const problem = this.string();
    if (problem !== undefined) return problem;
    this.skipSpace();
    if (this.text[this.at] !== ':') return this.problem('Missing a colon after a name of object member.');
    this.at += 1;
    return undefined;
  }

  private scalar(first: string): Problem | undefined {
    if (first === '"') return this.string();
    const literal = LITERALS[first];
    if (literal !== undefined) {
      for (const letter of literal) {
        if (this.text[this.at] !== letter) return this.problem('Invalid value.');
        this.at += 1;
      }
      return undefined;
    }
    const number = /-?(?:0|[1-9]\d*)(\.\d*)?([eE][+-]?\d*)?/y;
    number.lastIndex = this.at;
    const match = number.exec(this.text);
    if (match === null) return this.problem('Invalid value.');
    this.at = number.lastIndex;
    if (match[1] === '.') return this.problem('Miss fraction part in number.');
    return match[2] === undefined || /\d$/.test(match[2]) ? undefined : this.problem('Miss exponent in number.');
  }

  private string(): Problem | undefined {
    for (this.at += 1; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at]!;
      if (character === '"') {
        this.at += 1;
        return undefined;
      }
      if (character < ' ') return this.problem('Invalid encoding in string.');
      if (character !== '\\') continue;
      const escaped = this.text[this.at + 1] ?? '';
      if (escaped === 'u' && !/^[0-9a-fA-F]{4}$/.test(this.text.slice(this.at + 2, this.at + 6))) {
        return this.problem('Incorrect hex digit after \\u escape in string.');
      }
      if (escaped === '' || !'"\\/bfnrtu'.includes(escaped)) {
        return this.problem('Invalid escape character in string.');
      }
      this.at += 1;
    }
    return this.problem('Missing a closing quotation mark in string.');
  }

  private skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? '-')) this.at += 1;
  }

  private problem(sentence: string): Problem {
    return { at: this.at, sentence };
  }
}
