import type { Caller } from '../../auth/authenticator.js';
import { grants, type PermissionRules } from '../../permissions/permission-rules.js';
import type { PermissionSettings } from '../../permissions/permissions.settings.js';
import type { ResourceDefinition } from '../../resources/resource-definition.js';
import { bodyProblem, pythonText } from '../../resources/write-body.js';
import type { ObjectList } from '../../storage/storage.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { isPassword, MAX_PASSWORD_BYTES } from './passwords.js';

export const ACCOUNT_PREFIX = 'account';

/** User names; as with other ids, no line break at the end is taken (kinto-api.md, 2.1). */
export const USERNAME_PATTERN = /^[a-zA-Z0-9][+.@a-zA-Z0-9_-]*$/;

/** As far as OpenAPI can say it: its length counts in bytes. */
const PASSWORD = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_PASSWORD_BYTES,
  writeOnly: true,
  description: `At most ${MAX_PASSWORD_BYTES} bytes; it is never shown.`,
};

/** Where an account is kept: below its own name, so that everybody has a list of their own. */
export function accountList(username: string): ObjectList {
  return { parentId: username, resourceName: ACCOUNT_PREFIX };
}

/** Whoever may change every account. */
export function isAdministrator({ principals }: Caller, { accountWrite }: PermissionSettings): boolean {
  return principals.some((principal) => accountWrite.includes(principal));
}

/** @param needsPassword false for a patch, which may leave the password as it is */
export function accountDefinition(
  settings: PermissionSettings,
  { needsPassword }: { needsPassword: boolean },
): ResourceDefinition {
  return {
    name: ACCOUNT_PREFIX,
    plural: 'accounts',
    ancestors: [],
    needsParent: false,
    idPattern: USERNAME_PATTERN,
    hasOwnEndpoints: true,
    attributes: { password: { accepted: PASSWORD } },
    makeId: () => {
      throw invalidParameters([bodyProblem('data.id', 'Accounts must have an ID.')]);
    },
    checkAttributes: (value, { prefix, supplied }) => {
      if (!supplied) return { value, problems: [bodyProblem('data', 'Required')] };
      return { value, problems: passwordProblems(value, prefix, needsPassword) };
    },
    // Whoever signs up is nobody yet, and an account that an administrator makes is for somebody else.
    ownerOf: (caller, id) => {
      const isOwn = caller.userId !== undefined && !isAdministrator(caller, settings);
      return isOwn ? caller.userId : `${ACCOUNT_PREFIX}:${id}`;
    },
  };
}

/** What each account inherits, and who may make one (kinto-api.md, 7.1). */
export function addAccountRules(rules: PermissionRules): void {
  rules.extend('', 'account:create', grants(':account:create'));
  rules.add(ACCOUNT_PREFIX, {
    assignable: ['read', 'write'],
    granted: {
      write: grants('account:write'),
      read: grants('account:write read'),
      'read:attributes': grants('account:write read'),
    },
  });
}

function passwordProblems(value: JsonObject, prefix: string, isNeeded: boolean): ErrorDetail[] {
  const { password } = value;
  const name = `${prefix}password`;
  if (password === undefined) return isNeeded ? [bodyProblem(name, 'Required')] : [];
  if (password === null || password === '') return [bodyProblem(name, 'Required')];
  if (typeof password !== 'string') {
    return [bodyProblem(name, `${pythonText(password)} is not a string: {'password': ''}`)];
  }
  return isPassword(password) ? [] : [bodyProblem(name, `Longer than ${MAX_PASSWORD_BYTES} bytes`)];
}
