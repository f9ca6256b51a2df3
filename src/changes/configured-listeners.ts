import {
  readSettings,
  resolveDottedName,
  SettingsError,
  settingProblem,
  type SettingSource,
} from '../settings/settings.js';
import { CHANGE_ACTIONS } from '../wire/change-action.js';
import {
  CommonListenerSettings,
  DurableListenerSettings,
  ListenersSettings,
  type ChangeListener,
  type ListenerContext,
  type ListenerDefinition,
  type ListenerKinds,
} from './change-listener.js';
import { ListenerFilter } from './listener-filter.js';
import { describe, RegisteredListener } from './registered-listener.js';

/** Kinto's word for reading; reads are not in the change log, so no listener can hear of them here. */
const READ = 'read';

/**
 * Makes every listener that `event_listeners` names.
 *
 * @throws SettingsError naming the key when a kind, an action or one of a listener's own settings is wrong
 */
export function makeConfiguredListeners(source: SettingSource, kinds: ListenerKinds): RegisteredListener[] {
  const { names } = readSettings(ListenersSettings, source);
  return [...new Set(names)].map((name) => makeListener(name, source, kinds));
}

function makeListener(name: string, source: SettingSource, kinds: ListenerKinds): RegisteredListener {
  const prefix = `event_listeners.${name}.`;
  const common = readSettings(CommonListenerSettings, source, { prefixes: [prefix] });
  for (const action of common.actions) {
    if (![...CHANGE_ACTIONS, READ].includes(action)) {
      throw problem(source, `${prefix}actions`, action, CHANGE_ACTIONS);
    }
  }
  const kind = resolveDottedName('listener', common.use === '' ? name : common.use);
  const definition = kinds.find(kind);
  if (definition === undefined) throw problem(source, `${prefix}use`, common.use || name, kinds.names());

  const prefixes = [prefix, ...(definition.sharedPrefixes ?? [])];
  const settings = readSettings(definition.settings, source, { prefixes });
  return new RegisteredListener(
    name,
    kind,
    create(definition, settings, { name, payload: common.payload }),
    new ListenerFilter(common),
    readSettings(DurableListenerSettings, source, { prefixes: [prefix] }),
  );
}

/** What a maker objects to is wrong in the settings, which is where its user can put it right. */
function create(definition: ListenerDefinition, settings: object, context: ListenerContext): ChangeListener {
  try {
    return definition.create(settings, context);
  } catch (cause) {
    if (cause instanceof SettingsError) throw cause;
    throw new SettingsError(`event_listeners.${context.name}`, describe(cause), { cause });
  }
}

function problem(source: SettingSource, key: string, value: string, expected: readonly string[]): SettingsError {
  const sentence = `expected one of ${expected.join(', ')}`;
  const raw = source.find(key);
  return raw === undefined
    ? new SettingsError('event_listeners', `${value}: ${key} is not set, and the name is no kind: ${sentence}`)
    : settingProblem(raw, sentence);
}
