import fc, { type Arbitrary } from 'fast-check';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { user } from '../generate/values.js';
import { BASIC_USERS } from '../surroundings.js';
import type { Json, Profile, Scenario, Step } from '../step.js';

const path = fc.constantFrom(
  '/v1/accounts/{{name}}alice',
  '/v1/accounts/{{name}}alice',
  '/v1/accounts/{{name}}bob',
  '/v1/accounts/{{name}}new',
  '/v1/accounts/{{name}}a@b.c',
  '/v1/accounts/_odd',
);

const account = fc
  .record<Record<string, Json>>(
    {
      password: fc.constantFrom<Json>('secret', 'secret', 'other', '', 1, null),
      id: fc.constantFrom<Json>('{{name}}alice', '{{name}}bob', '{{name}}new', '_odd'),
      colour: fc.constantFrom<Json>('red', 'blue'),
    },
    { requiredKeys: [] },
  )
  .map((data) => ({ data: { ...data } }));

const write: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('PUT', 'PATCH', 'POST'), path, account, user)
  .map(([method, where, body, who]) => {
    return { method, path: method === 'POST' ? '/v1/accounts' : where, body, user: who };
  });

const read: Arbitrary<Step> = fc
  .tuple(fc.constantFrom('GET', 'GET', 'HEAD', 'DELETE'), fc.oneof(path, fc.constant('/v1/accounts')), user)
  .map(([method, where, who]) => ({ method, path: where, user: who }));

const hello: Arbitrary<Step> = user.map((who) => ({ method: 'GET', path: '/v1/', user: who }));

const before: Arbitrary<Scenario> = fc.constant(
  ['alice', 'bob'].map((name) => ({
    method: 'POST',
    path: '/v1/accounts',
    user: null,
    body: { data: { id: `{{name}}${name}`, password: 'secret' } },
  })),
);

/** Users that the server knows. Slow: passwords are hashed so that nobody can guess many. */
export const accounts: Profile = {
  name: 'accounts',
  ini: [
    'multiauth.policies = account',
    'multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy',
    'kinto.includes = kinto.plugins.accounts kinto.plugins.default_bucket',
    'kinto.account_create_principals = system.Everyone',
  ],
  weight: 0.1,
  users: { ...BASIC_USERS, principalOf: (user, scenario) => `account:${scenario}${user}` },
  scenario: scenarioOf(
    fc.oneof(
      { weight: 3, arbitrary: write },
      { weight: 4, arbitrary: read },
      { weight: 1, arbitrary: hello },
      { weight: 5, arbitrary: anyStep() },
    ),
    before,
  ),
};
