import type { AuthPolicyKinds } from '../auth/auth-policy.js';
import type { ChangeLog } from '../changes/change-log.js';
import type { CommitHooks } from '../changes/commit-hook.js';
import type { Access } from '../permissions/access.js';
import type { PermissionRules } from '../permissions/permission-rules.js';
import {
  resolveDottedName,
  Setting,
  SettingsError,
  settingProblem,
  type SettingsClass,
  type SettingSource,
} from '../settings/settings.js';
import { Registry } from '../wire/registry.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Storage } from '../storage/storage.js';
import type { Capabilities, HealthChecks, UserDetailsRegistry } from './capabilities.js';
import type { ResourceParts } from './endpoints/resource-parts.js';
import type { Endpoint } from './exchange.js';
import type { ProjectSettings } from './http.settings.js';
import type { MetricSinks } from './metrics/metric-sink.js';
import type { Remarks } from './openapi/remarks.js';
import type { ReadObservers } from './read-observer.js';
import type { RequestAliases } from './request-alias.js';
import type { RequestObservers } from './request-observer.js';
import type { ResourceDefinitions } from './resource-definition.js';

/** What an endpoint of a plugin can be made with: the same as those of the API itself. */
export interface EndpointParts {
  readonly resource: ResourceParts;
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly project: ProjectSettings;
  readonly access: Access;
  readonly changeLog: ChangeLog;
}

/** Makes endpoints once the rooms below stand. They come before the API's own. */
export type EndpointFactory = (parts: EndpointParts) => readonly Endpoint[];

export class EndpointFactories extends Registry<EndpointFactory> {
  constructor() {
    super('endpoint');
  }
}

/** Everything a plugin can add to. */
export interface ExtensionPoints {
  readonly definitions: ResourceDefinitions;
  readonly rules: PermissionRules;
  readonly aliases: RequestAliases;
  readonly endpoints: EndpointFactories;
  readonly observers: RequestObservers;
  readonly readObservers: ReadObservers;
  readonly metrics: MetricSinks;
  readonly policies: AuthPolicyKinds;
  readonly hooks: CommitHooks;
  readonly capabilities: Capabilities;
  readonly userDetails: UserDetailsRegistry;
  readonly healthChecks: HealthChecks;
  readonly remarks: Remarks;
}

/** An optional feature of the API, named in `includes`. */
export interface Plugin {
  /** Its settings, for the example file. */
  readonly settings: readonly SettingsClass<object>[];
  /** Called once, before the application starts. @throws SettingsError */
  extend(points: ExtensionPoints, source: SettingSource): void;
}

export class PluginsSettings {
  @Setting({
    key: 'includes',
    type: 'list',
    default: [],
    sentence: "The plugins that are switched on, by their own or by Kinto's names.",
  })
  includes!: readonly string[];
}

export class Plugins extends Registry<Plugin> {
  constructor() {
    super('plugin');
  }

  /**
   * The plugins of those names, each once, in their order.
   *
   * @throws SettingsError for a name that is none: what it was to protect or to offer would silently be missing
   */
  included(names: readonly string[], source: SettingSource): Plugin[] {
    return [...new Set(names.map((name) => resolveDottedName('plugin', name)))].map((name) => {
      const plugin = this.find(name);
      if (plugin !== undefined) return plugin;
      const sentence = `there is no plugin ${name}; there are ${this.names().join(', ')}`;
      const raw = source.find('includes');
      throw raw === undefined ? new SettingsError('includes', sentence) : settingProblem(raw, sentence);
    });
  }
}
