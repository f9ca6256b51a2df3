import { AuthSettings } from '../../auth/auth.settings.js';
import { policyKind } from '../../auth/authenticator.js';
import { PermissionSettings } from '../../permissions/permissions.settings.js';
import { ObjectEndpoint } from '../../resources/endpoints/object.endpoint.js';
import { PluralEndpoint } from '../../resources/endpoints/plural.endpoint.js';
import type { UserDetails } from '../../resources/capabilities.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings, settingProblem, SettingsError, type SettingSource } from '../../settings/settings.js';
import { EVERYONE } from '../../wire/principals.js';
import { accountOperations, accountsOperations } from './account-operations.js';
import { accountDefinition, addAccountRules } from './account.definition.js';
import { AccountsEndpoint } from './accounts.endpoint.js';
import { AccountsSettings } from './accounts.settings.js';
import { credentialsOf } from './credentials.js';

/** Users with names and passwords, who may sign up by themselves. */
export const accountsPlugin: Plugin = {
  settings: [AccountsSettings],
  extend({ definitions, rules, capabilities, endpoints, userDetails }, source) {
    ensurePolicy(source);
    const settings = readSettings(PermissionSettings, source);
    ensureCreatorsCanWrite(settings, source);
    const definition = accountDefinition(settings, { needsPassword: true });
    const patched = accountDefinition(settings, { needsPassword: false });
    definitions.add(definition.name, definition);
    addAccountRules(rules);
    // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
    capabilities.add('accounts', {
      description: 'Manage user accounts.',
      url: 'https://kinto.readthedocs.io/en/latest/api/1.x/accounts.html',
      validation_enabled: false,
    });
    endpoints.add('accounts', ({ resource }) => {
      const credentials = credentialsOf(resource.cache, source);
      const list = new PluralEndpoint(definition, resource);
      const one = new ObjectEndpoint(definition, resource);
      const patching = new ObjectEndpoint(patched, resource);
      const ofList = { endpoint: list, patching: list, operations: accountsOperations(definition), isPlural: true };
      const ofOne = { endpoint: one, patching, operations: accountOperations(definition), isPlural: false };
      // As CloudApp's account details have it (seed-systems.md, 2.3).
      const socketOf: UserDetails = (identity, request) => userDetails.find('socket')?.(identity, request) ?? {};
      return [ofList, ofOne].map((usual) => new AccountsEndpoint(usual, settings, credentials, socketOf));
    });
  },
};

/**
 * @throws SettingsError when nobody could log in with an account, or somebody else's policy would take the passwords:
 *   to basic authentication, any is right
 */
function ensurePolicy(source: SettingSource): void {
  const { policies } = readSettings(AuthSettings, source);
  const declared = source
    .keysUnder('multiauth.policy.')
    .map((key) => /^multiauth\.policy\.(.+)\.use$/.exec(key)?.[1])
    .filter((name) => name !== undefined);
  const isAccounts = (name: string) => policyKind(name, source) === 'accounts';
  if (![...policies, ...declared].some(isAccounts)) {
    const example = 'multiauth.policy.account.use = accounts';
    throw new SettingsError('kinto.includes', `the accounts plugin needs a policy that asks for them: ${example}`);
  }
  const accounts = policies.findIndex(isAccounts);
  const basic = policies.findIndex((name) => policyKind(name, source) === 'basicauth');
  if (accounts === -1 || basic === -1 || accounts < basic) return;
  const sentence = `${policies[basic]} must come after ${policies[accounts]}: it takes every password there is`;
  throw problemOf('multiauth.policies', sentence, source);
}

/** @throws SettingsError for who may create accounts, but could then create only their own, which they have already */
function ensureCreatorsCanWrite({ accountCreate, accountWrite }: PermissionSettings, source: SettingSource): void {
  const lacking = accountCreate.filter((principal) => principal !== EVERYONE && !accountWrite.includes(principal));
  if (lacking.length === 0) return;
  const sentence = `${lacking.join(', ')} must be in account_write_principals too, to create accounts for others`;
  throw problemOf('account_create_principals', sentence, source);
}

function problemOf(key: string, sentence: string, source: SettingSource): SettingsError {
  const raw = source.find(key);
  return raw === undefined ? new SettingsError(key, sentence) : settingProblem(raw, sentence);
}
