import type { SettingRow } from './setting.js';

export type Conversion =
  | { readonly ok: true; readonly value: unknown }
  /** What was expected, as a phrase: `a whole number`. */
  | { readonly ok: false; readonly expected: string };

const TRUE = new Set(['t', 'true', 'y', 'yes', 'on', '1']);
const FALSE = new Set(['f', 'false', 'n', 'no', 'off', '0']);

/**
 * The value a text stands for. Kinto decodes every text that happens to be JSON and so makes the number 1.2 of
 * `project_version = 1.20`; here the row knows its type, and of JSON only what somebody quoted on purpose is left: a
 * text in double quotes, and an array where a list is expected.
 *
 * An empty text is the default, except that it empties a text or a list that has one.
 */
export function convertText(text: string, row: SettingRow): Conversion {
  const plain = unquoted(text);
  const trimmed = plain.trim();
  if (trimmed === '' && 'whenEmpty' in row) return found(row.whenEmpty);
  if (trimmed === '' && (row.default === undefined || !CAN_BE_EMPTY.has(row.type))) return found(defaultOf(row));
  switch (row.type) {
    case 'string':
      return row.oneOf === undefined ? found(plain) : allowed([trimmed], row, trimmed);
    case 'list': {
      const items = listItems(trimmed);
      return items === undefined
        ? wanted('words separated by spaces or line breaks, or a JSON array of words')
        : allowed(items, row, Object.freeze(items));
    }
    case 'boolean':
      return booleanOf(trimmed.toLowerCase());
    case 'integer': {
      const value = /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : NaN;
      return Number.isSafeInteger(value) ? found(value) : wanted('a whole number');
    }
    case 'number': {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
      return Number.isFinite(value) ? found(value) : wanted('a number');
    }
  }
}

const CAN_BE_EMPTY: ReadonlySet<string> = new Set(['string', 'list']);

/** The row's default, frozen and nobody else's. */
export function defaultOf(row: SettingRow): unknown {
  return Array.isArray(row.default) ? Object.freeze([...(row.default as unknown[])]) : row.default;
}

/** The text that reads as the row's default: what the example file shows. Per cent signs are not doubled yet. */
export function textOfDefault(row: SettingRow): string {
  const value = row.default;
  if (value === undefined) return '';
  if (Array.isArray(value)) {
    const items = value.map(String);
    const text = items.join(' ');
    return listItems(text)?.length === items.length ? text : JSON.stringify(items);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const readsAsItself = text === text.trim() && !/[\r\n]/.test(text) && unquoted(text) === text;
  return readsAsItself ? text : JSON.stringify(text);
}

function booleanOf(word: string): Conversion {
  if (TRUE.has(word)) return found(true);
  return FALSE.has(word) ? found(false) : wanted('true or false');
}

/** `undefined`: it begins as a JSON array of texts and is not one. (`[::1]:80` is a word.) */
function listItems(text: string): string[] | undefined {
  if (/^\[\s*("|\])/.test(text)) {
    const items = jsonOf(text);
    return Array.isArray(items) && items.every((item) => typeof item === 'string') ? items : undefined;
  }
  return text.split(/\s+/).filter((word) => word !== '');
}

function allowed(words: readonly string[], { oneOf }: SettingRow, value: unknown): Conversion {
  if (oneOf === undefined || words.every((word) => oneOf.includes(word))) return found(value);
  return wanted(`${Array.isArray(value) ? 'any' : 'one'} of ${oneOf.join(', ')}`);
}

/** The text within double quotes, if it is JSON; otherwise the text as it is. */
function unquoted(text: string): string {
  const value = /^\s*"/.test(text) ? jsonOf(text) : undefined;
  return typeof value === 'string' ? value : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function found(value: unknown): Conversion {
  return { ok: true, value };
}

function wanted(expected: string): Conversion {
  return { ok: false, expected };
}
