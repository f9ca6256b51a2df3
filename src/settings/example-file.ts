import { readIni } from './ini-reader.js';
import { rowsOf, type SettingRow, type SettingsClass } from './setting.js';
import { textOfDefault } from './setting-values.js';
import { SettingsError } from './settings-error.js';

/** The settings of one class, all under one prefix such as `event_listeners.live.`. */
export interface ExampleRows {
  readonly type: SettingsClass<object>;
  readonly prefix?: string;
}

export interface ExampleGroup extends ExampleRows {
  readonly title: string;
}

const LINE_WIDTH = 100;
const SECTION = '[app:main]';
/** A setting in a comment, `# kinto.paginate_by = 100`: whoever wants it removes the sign. */
const COMMENTED_SETTING = /^#\s?((?:kinto|kumocast)\.\S+\s*=.*)$/;

/**
 * The text of an example file: every row of the groups with its sentence, commented out and at its default, so that
 * the file changes nothing until a line of it is made active. A key two classes share is written once.
 */
export function renderExample(groups: readonly ExampleGroup[]): string {
  const written = new Set<string>();
  const lines = ['# Every setting, what it does, and its default.', '', SECTION];
  for (const { title, type, prefix = '' } of groups) {
    const rows = rowsOf(type).filter((row) => !written.has(prefix + row.key));
    if (rows.length > 0) lines.push('', `# ---- ${title} ${'-'.repeat(Math.max(4, LINE_WIDTH - title.length - 8))}`);
    for (const row of rows) {
      written.add(prefix + row.key);
      lines.push('', ...commentOf(row), `# kinto.${prefix}${row.key} = ${exampleText(row)}`.trimEnd());
    }
  }
  return lines.join('\n') + '\n';
}

/**
 * What an example file has wrong, one line per problem; empty when every row is in it, active or commented out, at its
 * default, under its sentence, and nothing else is.
 */
export function checkExample(text: string, classes: readonly ExampleRows[]): string[] {
  const lines = text.split(/\r?\n/);
  const active = lines.map((line) => COMMENTED_SETTING.exec(line)?.[1] ?? line).join('\n');
  let section: ReturnType<ReturnType<typeof readIni>['findSection']>;
  try {
    section = readIni(active, { file: 'example', here: '.' }).findSection(SECTION.slice(1, -1));
  } catch (error) {
    if (error instanceof SettingsError) return [error.message];
    throw error;
  }
  const shown = new Map([...(section ?? [])].map(([key, value]) => [key.replace(/^(kinto|kumocast)\./, ''), value]));
  shown.delete('use');
  const problems: string[] = [];
  const known = new Set<string>();
  for (const { type, prefix = '' } of classes) {
    for (const row of rowsOf(type)) {
      const key = prefix + row.key;
      known.add(key);
      const entry = shown.get(key);
      if (entry === undefined) problems.push(`${key} is missing`);
      else problems.push(...differences(key, row, entry.text, commentAbove(lines, entry.line)));
    }
  }
  for (const [key, { line }] of shown) if (!known.has(key)) problems.push(`${key} in line ${line} is not a setting`);
  return problems;
}

function differences(key: string, row: SettingRow, text: string, comment: string): string[] {
  const problems: string[] = [];
  const expected = textOfDefault(row);
  const shown = row.type === 'list' ? text.split(/\s+/).filter(Boolean).join(' ') : text;
  if (shown !== expected) problems.push(`${key} is shown as "${shown}", its default is "${expected}"`);
  if (!comment.includes(onOneLine(row.sentence)))
    problems.push(`${key} lacks its sentence: ${onOneLine(row.sentence)}`);
  return problems;
}

/** The comment that ends right above `line`, counted from one, as running text. */
function commentAbove(lines: readonly string[], line: number): string {
  const words: string[] = [];
  for (let index = line - 2; index >= 0; index -= 1) {
    const above = lines[index] ?? '';
    if (!above.startsWith('#') || COMMENTED_SETTING.test(above)) break;
    words.unshift(above.slice(1));
  }
  return onOneLine(words.join(' '));
}

function commentOf(row: SettingRow): string[] {
  const choices = row.oneOf === undefined ? [] : [`One of: ${row.oneOf.join(', ')}.`];
  return [row.sentence, ...choices].flatMap((sentence) => wrapped(onOneLine(sentence)).map((line) => `# ${line}`));
}

function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of sentence.split(' ')) {
    if (current !== '' && current.length + word.length + 1 > LINE_WIDTH) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

/** A per cent sign is doubled, or the line would not be readable once it is made active. */
function exampleText(row: SettingRow): string {
  return textOfDefault(row).replaceAll('%', '%%');
}

function onOneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
