import 'reflect-metadata';

/**
 * One setting is one row: a decorated property of a settings class. The class is what a room receives, typed and
 * frozen; the row is what the reader, the example file and the error messages are made from.
 */
export type SettingType =
  /** Any text, as it stands. */
  | 'string'
  /** A whole number. */
  | 'integer'
  /** A number, fractions allowed. */
  | 'number'
  /** `true`, `yes`, `on`, `y`, `t`, `1` and their opposites, whatever the case (as Kinto reads them). */
  | 'boolean'
  /** Words separated by spaces or line breaks. */
  | 'list';

export interface SettingRow {
  /** The key, without the `kinto.` or `kumocast.` prefix, e.g. `batch_max_requests` or `pusher.app_id`. */
  readonly key: string;
  readonly type: SettingType;
  /** The value when neither the file nor the environment has the key. `undefined`: the setting is optional. */
  readonly default: unknown;
  /** The value of an empty text, where that is not the default: `cors_max_age_seconds =` says none at all. */
  readonly whenEmpty?: unknown;
  /** One sentence for `config/example.ini` and the error message. */
  readonly sentence: string;
  /** Never shown in a message, a log or the console. */
  readonly secret?: boolean;
  /** The values allowed, where they are few. */
  readonly oneOf?: readonly string[];
}

export interface BoundSettingRow extends SettingRow {
  readonly property: string;
}

export type SettingsClass<T extends object> = new () => T;

const ROWS = Symbol('kumocast:setting-rows');

/** Declares the property as the setting `row.key`. Rules of class-validator may stand beside it. */
export function Setting(row: SettingRow): PropertyDecorator {
  return (target, property) => {
    const own = (Reflect.getOwnMetadata(ROWS, target) as BoundSettingRow[] | undefined) ?? [];
    Reflect.defineMetadata(ROWS, [...own, { ...row, property: String(property) }], target);
  };
}

/** The rows of a settings class, in the order they were written, those of its parent class first. */
export function rowsOf(settings: SettingsClass<object>): readonly BoundSettingRow[] {
  const chain: object[] = [];
  for (
    let prototype: object | null = settings.prototype as object;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    chain.unshift(prototype);
  }
  return chain.flatMap((prototype) => (Reflect.getOwnMetadata(ROWS, prototype) as BoundSettingRow[] | undefined) ?? []);
}
