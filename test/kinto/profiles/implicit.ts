import { anyStep, scenarioOf } from '../generate/steps.js';
import type { Profile } from '../step.js';

/** Rights from settings, and none from having written something. */
export const implicit: Profile = {
  name: 'implicit',
  ini: [
    'kinto.explicit_permissions = false',
    'kinto.bucket_create_principals = system.Everyone',
    'kinto.collection_create_principals = system.Authenticated',
    'kinto.record_write_principals = system.Authenticated',
    'kinto.group_read_principals = system.Everyone',
    'kinto.bucket_read_principals = system.Authenticated',
  ],
  scenario: scenarioOf(anyStep()),
};
