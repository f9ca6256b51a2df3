import { dirname, resolve } from 'node:path';
import { placeIn, readIni, type IniFile, type IniValue } from './ini-reader.js';
import { isLoggedInPython } from './python-logging.js';
import { settingProblem, type RawSetting } from './raw-setting.js';
import { readServerSection, type ServerSection } from './server-section.js';
import { PlacedSettingsError, SettingsError } from './settings-error.js';
import { findClosestKey } from './unknown-key.js';
import { readSettingsFile, type SettingsFile } from './settings-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SourceOptions {
  readonly env?: Environment;
  /** Names for `%(name)s` besides those of the file, such as `http_port`. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface LoadOptions extends SourceOptions {
  /** A path. Without one, the environment is all there is. */
  readonly iniFile?: string | undefined;
}

export interface TextOptions extends SourceOptions {
  /** The name error messages show, and the directory `%(here)s` stands for. */
  readonly file?: string;
}

const APPLICATION_SECTION = 'app:main';
/** Every key may have one of these, or neither: it is the same setting. */
const KEY_PREFIXES = ['kinto.', 'kumocast.'] as const;
/**
 * A variable must have one of these. Kinto also obeys the bare `READONLY` or `INCLUDES`, which a neighbour may have
 * meant for something else (kinto-api.md, 18 #26).
 */
const VARIABLE_PREFIXES = ['KINTO_', 'KUMOCAST_'] as const;

/** The environment of this process. The one place that reads it. */
export function processEnvironment(): Environment {
  return Object.freeze({ ...process.env });
}

/**
 * The texts of all settings and where each was written: the environment before the INI file. Keys are looked up, not
 * listed: a variable may set any key, also one the file does not have (Kinto only lets it override).
 *
 * It remembers which keys were asked for, so that the others can be reported as unknown.
 */
export class SettingSource {
  private readonly read = new Set<string>();

  private constructor(
    private readonly ini: IniFile | undefined,
    private readonly inFile: ReadonlyMap<string, RawSetting>,
    private readonly env: Environment,
    /** The file all this was read from; `undefined`: there was none. */
    readonly file?: SettingsFile,
  ) {}

  /** @throws SettingsError when the file is missing or wrong, or has a key twice with two values */
  static load({ iniFile, ...options }: LoadOptions): SettingSource {
    if (iniFile === undefined) return new SettingSource(undefined, new Map(), options.env ?? {});
    const { file, text } = readSettingsFile(iniFile);
    return SettingSource.make(text, { file: iniFile, ...options }, file);
  }

  /** @throws SettingsError as {@link SettingSource.load} */
  static fromText(text: string, options: TextOptions = {}): SettingSource {
    return SettingSource.make(text, options, undefined);
  }

  private static make(text: string, options: TextOptions, settingsFile: SettingsFile | undefined): SettingSource {
    const { file = 'settings.ini', env = {}, variables = {} } = options;
    const ini = readIni(text, { file, here: dirname(resolve(file)), variables });
    return new SettingSource(ini, settingsIn(ini), env, settingsFile);
  }

  /**
   * The setting, if the environment or the file has it. An empty variable is a value too: it empties the setting.
   *
   * @param key with or without prefix
   * @throws SettingsError when `KINTO_X` and `KUMOCAST_X` contradict each other
   */
  find(key: string): RawSetting | undefined {
    const bare = withoutPrefix(key);
    this.read.add(bare);
    return this.findVariable(bare) ?? this.inFile.get(bare);
  }

  /** The file's keys that begin with `prefix`, without their own prefix, in the file's order. */
  keysUnder(prefix: string): readonly string[] {
    return [...this.inFile.keys()].filter((key) => key.startsWith(prefix));
  }

  /** @throws SettingsError when the section cannot be used; not before it is asked for */
  get server(): ServerSection {
    return this.ini === undefined ? {} : readServerSection(this.ini);
  }

  /** Whether a Python logger of that name would speak, by the file's logging sections; `undefined`: it has none. */
  isLoggedInPython(name: string): boolean | undefined {
    return this.ini === undefined ? undefined : isLoggedInPython(this.ini, name);
  }

  /** Every key somebody has asked for so far. */
  get keysRead(): readonly string[] {
    return [...this.read];
  }

  /**
   * The file's keys that nobody has asked for: call it when all settings have been read. Those without a prefix are
   * only told where they are a typing mistake away from one of ours, since the section is also Pyramid's. Variables are
   * left alone, since Kubernetes sets `KINTO_PORT` and its like for a service that is called kinto.
   */
  unknownKeys(): readonly RawSetting[] {
    const unread = [...this.inFile.values()].filter(({ key }) => !this.read.has(key));
    return unread.filter(({ key, written }) => written !== key || findClosestKey(key, this.read) !== undefined);
  }

  /** What is wrong with these settings, with the file's name in it. */
  placed(error: unknown): unknown {
    if (!(error instanceof SettingsError) || error instanceof PlacedSettingsError) return error;
    return this.ini === undefined ? error : error.in(this.ini.file);
  }

  private findVariable(key: string): RawSetting | undefined {
    const suffix = key.toUpperCase().replace(/[.-]/g, '_');
    let found: RawSetting | undefined;
    for (const prefix of VARIABLE_PREFIXES) {
      const name = prefix + suffix;
      const text = Object.hasOwn(this.env, name) ? this.env[name] : undefined;
      if (text === undefined) continue;
      const origin = `environment variable ${name}`;
      if (found !== undefined && found.text !== text) {
        throw new PlacedSettingsError(origin, `contradicts ${VARIABLE_PREFIXES[0]}${suffix}: set one of them`);
      }
      found ??= { key, text, origin };
    }
    return found;
  }
}

function settingsIn(ini: IniFile): Map<string, RawSetting> {
  const section = ini.findSection(APPLICATION_SECTION);
  if (section === undefined && ini.sections.length > 0) {
    // To go on would be to start with the defaults, open to whoever they let in, and not say so.
    throw new SettingsError(ini.file, `there is no section [${APPLICATION_SECTION}], where the settings belong`);
  }
  const settings = new Map<string, RawSetting>();
  const inherited = new Set<string>();
  for (const value of section?.values() ?? []) {
    const setting = rawSetting(ini.file, value);
    if (value.key === 'use') {
      ensureOnlyKintoIsUsed(setting);
      continue;
    }
    const earlier = settings.get(setting.key);
    if (earlier === undefined) {
      settings.set(setting.key, setting);
      if (value.inherited) inherited.add(setting.key);
    } else if (earlier.text !== setting.text && value.inherited === inherited.has(setting.key)) {
      // Own values come first, so what is left here is a contradiction; an own value beats an inherited one.
      throw new SettingsError(
        setting.origin,
        `${value.key} contradicts ${earlier.written ?? earlier.key} of ${earlier.origin}: they are one setting, give it once`,
      );
    }
  }
  return settings;
}

/** `use = egg:kinto` says what we are. `use = config:other.ini` would be settings left unread, in silence. */
function ensureOnlyKintoIsUsed(setting: RawSetting): void {
  if (setting.text.startsWith('egg:')) return;
  throw settingProblem(setting, 'only egg:kinto is understood; put all settings into this section');
}

function rawSetting(file: string, value: IniValue): RawSetting {
  return { key: withoutPrefix(value.key), text: value.text, origin: placeIn(file, value.line), written: value.key };
}

function withoutPrefix(key: string): string {
  const prefix = KEY_PREFIXES.find((known) => key.startsWith(known));
  return prefix === undefined ? key : key.slice(prefix.length);
}
