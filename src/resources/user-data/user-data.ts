import type { ExtensionPoints } from '../plugin.js';
import { UserDataEndpoint, UserDataListEndpoint } from './user-data.endpoints.js';

/** Always there, and nobody's until the setting `user-data_delete_principals` names somebody. */
export function addUserData({ endpoints }: ExtensionPoints): void {
  endpoints.add('user-data', (parts) => [new UserDataListEndpoint(), new UserDataEndpoint(parts)]);
}
