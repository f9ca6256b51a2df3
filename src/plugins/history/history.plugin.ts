import { ApiSettings } from '../../resources/http.settings.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings } from '../../settings/settings.js';
import type { JsonObject } from '../../wire/json.js';
import { addHistoryRules } from './history.definition.js';
import { HistoryEndpoint } from './history.endpoint.js';
import { HistoryRecorder } from './history-recorder.js';
import { HistoryTrimmer } from './history-trimmer.js';
import { HistorySettings } from './history.settings.js';
import { SnapshotEndpoint } from './snapshot.endpoint.js';

export const historyPlugin: Plugin = {
  settings: [HistorySettings],
  extend({ hooks, rules, endpoints, capabilities }, source) {
    const settings = readSettings(HistorySettings, source);
    const { explicitPermissions } = readSettings(ApiSettings, source);
    hooks.add('history', new HistoryRecorder(settings, new HistoryTrimmer(settings), explicitPermissions));
    addHistoryRules(rules);
    endpoints.add('history', ({ resource }) => [
      new HistoryEndpoint(resource),
      new SnapshotEndpoint(resource.settings.maxFetchSize),
    ]);
    // Kinto's own words: its tests and clients compare them.
    capabilities.add('history', {
      description: 'Track changes on data.',
      url: 'http://kinto.readthedocs.io/en/latest/api/1.x/history.html',
      ...shownSettings(settings),
    });
  },
};

/** What Kinto tells clients of the settings, each only where it is set. */
function shownSettings({ trimMaxCount, trimUserIds, excludeResources }: HistorySettings): JsonObject {
  return {
    ...(trimMaxCount > 0 ? { auto_trim_max_count: trimMaxCount } : {}),
    ...(trimUserIds.length > 0 ? { auto_trim_user_ids: [...trimUserIds] } : {}),
    ...(excludeResources.length > 0 ? { excluded_resources: excludeResources.map(resourceParts) } : {}),
  };
}

/** `/buckets/b/collections/c` → `{ bucket: 'b', collection: 'c' }`. */
function resourceParts(uri: string): JsonObject {
  const [, ...segments] = uri.split('/');
  const parts: JsonObject = {};
  for (let index = 0; index + 1 < segments.length; index += 2) {
    parts[segments[index]!.replace(/s$/, '')] = segments[index + 1]!;
  }
  return parts;
}
