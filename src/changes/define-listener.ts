import { IsDefined } from 'class-validator';
import { Setting, type SettingRow, type SettingsClass, type SettingType } from '../settings/setting.js';
import type { ChangeListener, Delivery, ListenerContext, ListenerDefinition } from './change-listener.js';
import type { CommitHook } from './commit-hook.js';

/** One setting of a listener or commit hook of your own. */
export interface OwnSetting {
  readonly type: SettingType;
  /** One sentence for error messages. */
  readonly sentence: string;
  /** The value when nobody sets it. */
  readonly default?: unknown;
  /** Whether the server refuses to start without it. */
  readonly required?: boolean;
  /** Never shown in a message or a log. */
  readonly secret?: boolean;
  /** The values allowed, where they are few. */
  readonly oneOf?: readonly string[];
}

type OwnSettings = Readonly<Record<string, OwnSetting>>;

interface ValueTypes {
  readonly string: string;
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly list: readonly string[];
}

type IsGiven<Own extends OwnSetting> = Own extends { required: true }
  ? true
  : Own extends { default: unknown }
    ? true
    : false;

/** What `create` gets: a value per setting, `undefined` for one that has no default and need not be given. */
export type ValuesOf<Own extends OwnSettings> = {
  readonly [Key in keyof Own]: IsGiven<Own[Key]> extends true
    ? ValueTypes[Own[Key]['type']]
    : ValueTypes[Own[Key]['type']] | undefined;
};

/** A listener as its author writes it. */
export interface OwnListener<Own extends OwnSettings> {
  /**
   * `once-per-cluster`: every change after its place, at least once, in order, tried again when it fails.
   * `on-every-node`: what happens from now on, once, on each node.
   */
  readonly delivery: Delivery;
  /** Looked up as `event_listeners.<name>.<key>`. Not `use`, `actions` and the others that every listener has. */
  readonly settings?: Own;
  create(settings: ValuesOf<Own>, context: ListenerContext): Omit<ChangeListener, 'delivery'>;
}

/** A commit hook as its author writes it: inside the transaction, one after another, may refuse by throwing. */
export interface OwnCommitHook<Own extends OwnSettings> {
  /** Looked up as `commit_hooks.<name>.<key>`. */
  readonly settings?: Own;
  create(settings: ValuesOf<Own>, context: { readonly name: string }): CommitHook;
}

/** A commit hook with its settings as a class, as the server wants it. */
export interface CommitHookDefinition {
  readonly settings: SettingsClass<object>;
  create(settings: object, context: { readonly name: string }): CommitHook;
}

/** What the default export of a file or package is known by: two copies of this package may meet in one process. */
const LISTENER = Symbol.for('kumocast:listener');
const COMMIT_HOOK = Symbol.for('kumocast:commit-hook');

interface Marked {
  readonly [LISTENER]?: true;
  readonly [COMMIT_HOOK]?: true;
}

/**
 * A listener for `event_listeners.<name>.use = ./file.js` or a package's name; to be its default export.
 *
 * @throws TypeError for what is no listener, at once, where its author sees it
 */
export function defineListener<const Own extends OwnSettings>(own: OwnListener<Own>): ListenerDefinition {
  if (own.delivery !== 'once-per-cluster' && own.delivery !== 'on-every-node') {
    throw new TypeError('a listener’s delivery is once-per-cluster or on-every-node');
  }
  if (typeof own.create !== 'function') throw new TypeError('a listener has a function create');
  const definition: ListenerDefinition & Marked = {
    kind: 'own',
    settings: settingsClassOf(own.settings ?? {}),
    create: (settings, context) => withDelivery(own.create(settings as ValuesOf<Own>, context), own.delivery),
    [LISTENER]: true,
  };
  return definition;
}

/** A commit hook for `commit_hooks.<name>.use`; to be the default export. @throws TypeError for what is none */
export function defineCommitHook<const Own extends OwnSettings>(own: OwnCommitHook<Own>): CommitHookDefinition {
  if (typeof own.create !== 'function') throw new TypeError('a commit hook has a function create');
  const definition: CommitHookDefinition & Marked = {
    settings: settingsClassOf(own.settings ?? {}),
    create: (settings, context) => own.create(settings as ValuesOf<Own>, context),
    [COMMIT_HOOK]: true,
  };
  return definition;
}

export function isListenerDefinition(value: unknown): value is ListenerDefinition {
  return isObject(value) && LISTENER in value;
}

export function isCommitHookDefinition(value: unknown): value is CommitHookDefinition {
  return isObject(value) && COMMIT_HOOK in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function withDelivery(made: unknown, delivery: Delivery): ChangeListener {
  if (!isObject(made) || typeof (made as Partial<ChangeListener>).afterCommit !== 'function') {
    throw new TypeError('create has not returned a listener: an object with a function afterCommit');
  }
  // Its own object stays as it is, whatever it keeps in `this`.
  return Object.assign(made as ChangeListener, { delivery });
}

/** The rows as a class, which is what settings are read into. */
function settingsClassOf(own: OwnSettings): SettingsClass<object> {
  const settings = class {};
  for (const [key, { required, ...rest }] of Object.entries(own)) {
    const row: SettingRow = { default: undefined, ...rest, key };
    Setting(row)(settings.prototype, key);
    if (required === true) IsDefined({ message: 'it is needed' })(settings.prototype, key);
  }
  return settings;
}
