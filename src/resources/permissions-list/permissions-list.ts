import { readSettings, Setting, type SettingSource } from '../../settings/settings.js';
import type { ExtensionPoints } from '../plugin.js';
import { PermissionsEndpoint } from './permissions.endpoint.js';

export class PermissionsListSettings {
  @Setting({
    key: 'experimental_permissions_endpoint',
    type: 'boolean',
    default: false,
    sentence: 'Whether GET /permissions lists what its caller may do; the admin plugin switches it on, too.',
  })
  enabled!: boolean;
}

const NAME = 'permissions_endpoint';

/** The list of a caller's permissions, for the settings or for a plugin that needs it: it is added once. */
export function addPermissionsList({ endpoints, capabilities }: ExtensionPoints): void {
  if (capabilities.find(NAME) !== undefined) return;
  endpoints.add(NAME, ({ resource, access }) => [new PermissionsEndpoint(resource, access)]);
  // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
  capabilities.add(NAME, {
    description: 'The permissions endpoint can be used to list all user objects permissions.',
    url: 'https://kinto.readthedocs.io/en/latest/configuration/settings.html#activating-the-permissions-endpoint',
  });
}

export function addPermissionsListIfAsked(points: ExtensionPoints, source: SettingSource): void {
  if (readSettings(PermissionsListSettings, source).enabled) addPermissionsList(points);
}
