import { addPermissionsList } from '../../resources/permissions-list/permissions-list.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings, SettingsError, settingProblem, type SettingSource } from '../../settings/settings.js';
import { AdminEndpoint, AdminRedirectEndpoint, HOME } from './admin.endpoints.js';
import { AdminSettings } from './admin.settings.js';
import { AssetFolder } from './asset-folder.js';

const PATH_KEY = 'admin_assets_path';

/** Serves a build of Kinto Admin, a project of its own (kinto-api.md, 12.4). */
export const adminPlugin: Plugin = {
  settings: [AdminSettings],
  extend(points, source) {
    const { folder, version } = openFolder(source);
    points.endpoints.add('admin', () => [new AdminRedirectEndpoint(), new AdminEndpoint(folder)]);
    // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
    points.capabilities.add('admin', {
      description: 'Serves the admin console.',
      url: 'https://github.com/Kinto/kinto-admin/',
      version,
    });
    // Kinto Admin finds the buckets that others share by it.
    addPermissionsList(points);
  },
};

/** @throws SettingsError when there is no build */
function openFolder(source: SettingSource): { folder: AssetFolder; version: string } {
  const { assetsPath } = readSettings(AdminSettings, source);
  const raw = source.find(PATH_KEY);
  if (assetsPath === '' || raw === undefined) {
    const wanted = 'the folder of a build of Kinto Admin (https://github.com/Kinto/kinto-admin/releases)';
    throw new SettingsError(
      PATH_KEY,
      `the plugin admin serves files that do not come with kumocast: set it to ${wanted}`,
    );
  }
  try {
    const folder = AssetFolder.open(assetsPath);
    folder.readAtStart(HOME);
    return { folder, version: folder.readAtStart('VERSION').trim() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw settingProblem(raw, `expected a folder with the files ${HOME} and VERSION: ${why}`);
  }
}
