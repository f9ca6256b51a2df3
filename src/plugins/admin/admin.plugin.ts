import { Logger } from '@nestjs/common';
import { addPermissionsList } from '../../resources/permissions-list/permissions-list.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings, settingProblem, type SettingSource } from '../../settings/settings.js';
import { AdminEndpoint, AdminRedirectEndpoint, HOME } from './admin.endpoints.js';
import { AdminSettings } from './admin.settings.js';
import { AssetFolder } from './asset-folder.js';

const PATH_KEY = 'admin_assets_path';
const WANTED = 'the folder of a build of Kinto Admin (https://github.com/Kinto/kinto-admin/releases)';

/** Serves a build of Kinto Admin, a project of its own (kinto-api.md, 12.4). */
export const adminPlugin: Plugin = {
  settings: [AdminSettings],
  extend(points, source) {
    // Kinto Admin finds the buckets that others share by it.
    addPermissionsList(points);
    const assets = findFolder(source);
    if (assets === undefined) {
      // What `kinto init` writes names the plugin and no folder, as Kinto brings its own.
      new Logger('admin').warn(`${PATH_KEY} is not set, so there is nothing at /admin: name ${WANTED}`);
      return;
    }
    const { folder, version } = assets;
    points.endpoints.add('admin', () => [new AdminRedirectEndpoint(), new AdminEndpoint(folder)]);
    // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
    points.capabilities.add('admin', {
      description: 'Serves the admin console.',
      url: 'https://github.com/Kinto/kinto-admin/',
      version,
    });
  },
};

/** @throws SettingsError when there is no build where there should be one */
function findFolder(source: SettingSource): { folder: AssetFolder; version: string } | undefined {
  const { assetsPath } = readSettings(AdminSettings, source);
  const raw = source.find(PATH_KEY);
  if (assetsPath === '' || raw === undefined) return undefined;
  try {
    const folder = AssetFolder.open(assetsPath);
    folder.readAtStart(HOME);
    return { folder, version: folder.readAtStart('VERSION').trim() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw settingProblem(raw, `expected a folder with the files ${HOME} and VERSION: ${why}`);
  }
}
