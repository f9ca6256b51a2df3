import type { JsonValue } from '../../wire/json.js';

/** Why a value is not valid: the first reason met on the way through the schema. */
export class Failure {
  /** From the value that was checked down to the one that is wrong. */
  readonly path: (string | number)[] = [];
  /** The innermost keyword that it comes from. */
  keyword: string | undefined;
  /** What the schema says there. */
  keywordValue: JsonValue | undefined;
  /** The schema that refused is a plain `false`. */
  readonly isByFalse: boolean;

  /** @param describe called for the one failure that is told; most are only counted, in an `anyOf` or `not` */
  constructor(
    private readonly describe: () => string,
    options: { isByFalse?: boolean } = {},
  ) {
    this.isByFalse = options.isByFalse ?? false;
  }

  get message(): string {
    return this.describe();
  }

  /** Called by each keyword it passes on its way out; the first to be called knows best. */
  passing(keyword: string, value: JsonValue): void {
    if (this.keyword !== undefined || (this.isByFalse && (keyword === 'if' || keyword === '$ref'))) return;
    this.keyword = keyword;
    if (!this.isByFalse) this.keywordValue = value;
  }
}

/** The schema itself cannot be applied: a reference that leads nowhere, a loop, more work than one object is worth. */
export class UnusableSchema extends Error {
  override readonly name = 'UnusableSchema';
}
