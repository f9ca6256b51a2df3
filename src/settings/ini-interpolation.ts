import type { SettingsError } from './settings-error.js';

/** What a name in `%(name)s` stands for. */
export interface IniVariable {
  readonly text: string;
  /** Taken as it is: a directory called `50%` is no interpolation. (ConfigParser would refuse to read the file.) */
  readonly literal: boolean;
}

/** Makes the error for a problem, with the file, the line and the key of the value being read. */
export type Refuse = (problem: string) => SettingsError;

/** How deep values may refer to values: ConfigParser's own limit. A value that refers to itself ends here. */
const MAX_DEPTH = 10;
/**
 * References of one section, all values together. Depth alone is no limit: ten levels of values that each name the
 * next one ten times are ten thousand million look-ups.
 */
const MAX_REFERENCES = 10_000;
/** Characters those references may bring in, for the same reason. A settings file is a few kilobytes. */
const MAX_CHARACTERS = 1_048_576;

/** ConfigParser's basic interpolation: `%(name)s` is the value of `name`, `%%` is a percent sign, all else is an error. */
export class IniInterpolation {
  private references = 0;
  private characters = 0;

  constructor(private readonly find: (name: string) => IniVariable | undefined) {}

  /** @throws SettingsError made by `refuse`. It names variables, never values: the text may be a secret. */
  expand(text: string, refuse: Refuse, depth = 0): string {
    if (depth > MAX_DEPTH) throw refuse(`refers to other values more than ${MAX_DEPTH} levels deep, or to itself`);
    let expanded = '';
    let from = 0;
    for (let percent = text.indexOf('%'); percent !== -1; percent = text.indexOf('%', from)) {
      expanded += text.slice(from, percent);
      if (text[percent + 1] === '%') {
        expanded += '%';
        from = percent + 2;
        continue;
      }
      const name = nameAt(text, percent);
      if (name === undefined) throw refuse('has a lone % sign: write %% for a percent sign, or %(name)s for a value');
      expanded += this.valueOf(name, refuse, depth);
      from = percent + '%()s'.length + name.length;
    }
    return expanded + text.slice(from);
  }

  private valueOf(name: string, refuse: Refuse, depth: number): string {
    const found = this.find(name);
    if (found === undefined) throw refuse(`refers to ${shownName(name)}, which nothing defines`);
    this.references += 1;
    this.characters += found.text.length;
    if (this.references > MAX_REFERENCES)
      throw refuse(`there are more than ${MAX_REFERENCES} references to other values`);
    if (this.characters > MAX_CHARACTERS) throw refuse(`values grow beyond ${MAX_CHARACTERS} characters by references`);
    return found.literal ? found.text : this.expand(found.text, refuse, depth + 1);
  }
}

/** The name in the `%(name)s` that begins at `percent`, if one does. */
function nameAt(text: string, percent: number): string | undefined {
  if (text[percent + 1] !== '(') return undefined;
  const close = text.indexOf(')', percent);
  const name = text.slice(percent + 2, close);
  return close === -1 || name === '' || text[close + 1] !== 's' ? undefined : name;
}

/** Only what looks like the name of a setting is repeated: a stray `%(` in a password may run over half of it. */
function shownName(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? `%(${name})s` : 'a name in %(…)s';
}
