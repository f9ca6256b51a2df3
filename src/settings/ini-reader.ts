import { basename, join } from 'node:path';
import { IniInterpolation, type IniVariable } from './ini-interpolation.js';
import { PlacedSettingsError, type SettingsError } from './settings-error.js';

export interface IniOptions {
  /** The file's name as error messages show it. */
  readonly file: string;
  /** The directory the file is in, absolute: what `%(here)s` stands for. */
  readonly here: string;
  /** Further names for interpolation, such as `http_port`. As in PasteDeploy, what the file defines goes before them. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface IniValue {
  readonly key: string;
  /** Interpolated; the lines of a value that has several are joined by `\n`. */
  readonly text: string;
  /** Where the key stands, counted from one. */
  readonly line: number;
  /** The value comes from `[DEFAULT]`. */
  readonly inherited: boolean;
}

/** The section every other one inherits from. */
const DEFAULT_SECTION = 'DEFAULT';

interface RawValue {
  readonly line: number;
  text: string;
}
type RawSection = Map<string, RawValue>;

/**
 * Reads an INI file as Python's ConfigParser does, in the mode PasteDeploy puts it in, so that a `kinto.ini` means here
 * what it means there:
 *
 * - `key = value` or `key : value`, whichever sign comes first. Keys keep their case and are looked up as written:
 *   Kinto has keys with bucket and collection ids in them, and those are case sensitive.
 * - Whole lines that begin with `#` or `;` are comments, also inside a value; there are no comments after a value.
 * - A line indented deeper than its key continues the value. Blank lines within a value belong to it.
 * - A key or a section given twice is an error, `[DEFAULT]` excepted.
 *
 * Values are interpolated when their section is asked for, so that the `%(asctime)s` of a Python logging section, which
 * is not meant for us, never fails.
 *
 * @throws SettingsError with the file and the line. Lines are not quoted: any of them may hold a secret.
 */
export function readIni(text: string, options: IniOptions): IniFile {
  return new IniFile(new IniParser(options.file).parse(text), options);
}

export class IniFile {
  constructor(
    private readonly raw: ReadonlyMap<string, RawSection>,
    private readonly options: IniOptions,
  ) {}

  get file(): string {
    return this.options.file;
  }

  /** The names of the sections in the file's order, without `[DEFAULT]`. */
  get sections(): readonly string[] {
    return [...this.raw.keys()].filter((name) => name !== DEFAULT_SECTION);
  }

  /**
   * The values of one section, interpolated, in the file's order, then those inherited from `[DEFAULT]`; `undefined`
   * when there is no such section.
   *
   * @throws SettingsError when a value of this section cannot be interpolated
   */
  findSection(name: string): ReadonlyMap<string, IniValue> | undefined {
    const own = this.raw.get(name);
    if (own === undefined) return undefined;
    const defaults = this.raw.get(DEFAULT_SECTION) ?? new Map<string, RawValue>();
    const interpolation = new IniInterpolation((variable) => this.findVariable(variable, own, defaults));
    const values = new Map<string, IniValue>();
    for (const [key, raw] of [...own, ...defaults]) {
      if (values.has(key)) continue;
      const refuse = (problem: string) => new PlacedSettingsError(placeIn(this.file, raw.line), `${key} ${problem}`);
      const text = interpolation.expand(raw.text, refuse);
      values.set(key, { key, text, line: raw.line, inherited: !own.has(key) });
    }
    return values;
  }

  private findVariable(name: string, own: RawSection, defaults: RawSection): IniVariable | undefined {
    const raw = own.get(name) ?? defaults.get(name);
    if (raw !== undefined) return { text: raw.text, literal: false };
    if (name === 'here') return { text: this.options.here, literal: true };
    if (name === '__file__') return { text: join(this.options.here, basename(this.file)), literal: true };
    const { variables = {} } = this.options;
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    return given === undefined ? undefined : { text: given, literal: true };
  }
}

export function placeIn(file: string, line: number): string {
  return `${file} line ${line}`;
}

class IniParser {
  private readonly sections = new Map<string, RawSection>();
  private section: RawSection | undefined;
  /** The value a deeper line continues: none right after a section's header. */
  private value: RawValue | undefined;
  private valueLines: string[] = [];
  private indentation = 0;
  private line = 0;

  constructor(private readonly file: string) {}

  parse(text: string): Map<string, RawSection> {
    // A byte order mark is what some editors on Windows put before the first section.
    for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
      this.line += 1;
      this.readLine(line);
    }
    this.closeValue();
    return this.sections;
  }

  private readLine(line: string): void {
    const content = line.trim();
    if (content.startsWith('#') || content.startsWith(';')) return;
    if (content === '') {
      this.valueLines.push('');
      return;
    }
    const indentation = line.search(/\S/);
    if (this.value !== undefined && indentation > this.indentation) {
      this.valueLines.push(content);
      return;
    }
    this.indentation = indentation;
    this.closeValue();
    // As ConfigParser: the header ends at the last bracket of the line, and what follows it is dropped.
    const close = content.startsWith('[') ? content.lastIndexOf(']') : -1;
    if (close > 1) this.openSection(content.slice(1, close));
    else this.readKey(content);
  }

  private openSection(name: string): void {
    const existing = this.sections.get(name);
    if (existing !== undefined && name !== DEFAULT_SECTION) throw this.refuse(`there is a second section [${name}]`);
    this.section = existing ?? new Map<string, RawValue>();
    this.sections.set(name, this.section);
  }

  private readKey(content: string): void {
    if (this.section === undefined) throw this.refuse('expected a section such as [app:main] before anything else');
    const sign = content.search(/[=:]/);
    const key = content.slice(0, Math.max(sign, 0)).trimEnd();
    if (key === '') {
      throw this.refuse('expected key = value, a [section], or the indented next line of a value');
    }
    const earlier = this.section.get(key);
    if (earlier !== undefined) throw this.refuse(`${key} is given a second time (first in line ${earlier.line})`);
    this.value = { line: this.line, text: '' };
    this.valueLines = [content.slice(sign + 1).trim()];
    this.section.set(key, this.value);
  }

  /** Blank lines after a value are not part of it; those before its first word are, as ConfigParser has it. */
  private closeValue(): void {
    if (this.value !== undefined) this.value.text = this.valueLines.join('\n').trimEnd();
    this.value = undefined;
    this.valueLines = [];
  }

  private refuse(problem: string): SettingsError {
    return new PlacedSettingsError(placeIn(this.file, this.line), problem);
  }
}
