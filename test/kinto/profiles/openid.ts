import fc, { type Arbitrary } from 'fast-check';
import { IdentityProvider, LoginBrowser } from '../../support/identity-provider.js';
import { requestHeaders } from '../generate/headers.js';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import type { Profile, Step } from '../step.js';
import { basicAuth, type Surroundings } from '../surroundings.js';

/** Both servers call themselves so: the provider sends users back to one URL. */
const HOST = 'kinto.test';
const BACK = `http://${HOST}/v1/openid/one/token`;
const CLIENT = { id: 'client-one', secret: 'secret-one', redirectUri: BACK };

const PEOPLE = ['alice', 'bob', 'carol'];

const CALLBACKS = [
  'http://localhost:3000/#tokens=',
  'http://localhost:3000/#tokens=',
  'http://127.0.0.1:8080/?tokens=',
  'https://localhost:3000/',
  'http://localhost/',
  'http://localhost:3000',
  'http://evil.test/#tokens=',
  'http://localhost@evil.test/',
  'javascript:alert(1)',
  '/relative',
  'nonsense',
  '',
];
const SCOPES = ['openid', 'openid email', 'openid email profile', 'email', 'openid offline_access', ' ', ''];
const PROVIDERS = ['one', 'one', 'one', 'one', 'basicauth', 'none', 'a%20b'];

type Pairs = readonly (readonly [string, string])[];

const sometimes = (name: string, values: readonly string[]): Arbitrary<Pairs> =>
  fc.option(fc.constantFrom(...values), { freq: 8 }).map((value): Pairs => (value === null ? [] : [[name, value]]));

const begin: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('GET', 'GET', 'GET', 'GET', 'GET', 'POST', 'OPTIONS'),
    fc.constantFrom(...PROVIDERS),
    sometimes('callback', CALLBACKS),
    sometimes('scope', SCOPES),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant<Pairs>([]) },
      { weight: 1, arbitrary: sometimes('prompt', ['none', 'login', '']) },
    ),
    requestHeaders,
  )
  .map(([method, provider, callback, scope, prompt, headers]) => ({
    method,
    path: `/v1/openid/${provider}/login`,
    query: [...callback, ...scope, ...prompt],
    headers: headers.filter(([name]) => name !== 'Authorization'),
    user: null,
  }));

/** All the way to the provider and back; what comes then is the next step. */
const logIn: Arbitrary<Step> = fc.constantFrom(...PEOPLE).map((who) => ({
  method: 'GET',
  path: '/v1/openid/one/login',
  query: [
    ['callback', 'http://localhost:3000/#tokens='],
    ['scope', 'openid email'],
  ],
  user: null,
  follows: who,
}));

const comeBack: Arbitrary<Step> = fc
  .constantFrom('{{back:0}}', '{{back:0}}', '{{back:0}}', '{{back:1}}')
  .map((path) => ({ method: 'GET', path, user: null }));

const token: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(...PROVIDERS),
    sometimes('state', ['{{state:0}}', '{{state:0}}', '{{state:0}}', 'unknown', '']),
    fc.constantFrom<Pairs>(
      [['code', 'none']],
      [['code', 'none']],
      [['error', 'access_denied']],
      [
        ['error', 'access_denied'],
        ['error_description', 'no way, é'],
      ],
      [
        ['error', 'x'],
        ['code', 'none'],
      ],
      [['error_description', 'alone']],
      [['code', '']],
      [],
    ),
  )
  .map(([provider, state, rest]) => ({
    method: 'GET',
    path: `/v1/openid/${provider}/token`,
    query: [...state, ...rest],
    user: null,
  }));

const AUTHORIZATIONS = [
  'Bearer {{token:alice}}',
  'bearer {{token:alice}}',
  'BEARER {{token:bob}}',
  'Bearer made-up',
  'Bearer',
  'Bearer ',
  'Token {{token:alice}}',
  'Bearer {{token:revoked}}',
  '{{token:alice}}',
  'Basic {{token:alice}}',
];

const present: Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('/v1/', '/v1/', '/v1/buckets/{{name}}a', '/v1/buckets/{{name}}a/collections'),
    fc.constantFrom(...AUTHORIZATIONS),
  )
  .map(([path, authorization]) => ({ method: 'GET', path, user: null, headers: [['Authorization', authorization]] }));

async function surround(): Promise<Surroundings> {
  const provider = await IdentityProvider.open([CLIENT]);
  const follow = (location: string, user: string): Promise<string> => new LoginBrowser(user).follow(location, BACK);
  const tokens = new Map<string, string>();
  for (const name of [...PEOPLE, 'revoked']) tokens.set(name, await tokenOf(provider, name, follow));
  await post(`${provider.issuer}/token/revocation`, { token: tokens.get('revoked')! });
  return {
    iniOf: () => [`multiauth.policy.one.issuer = ${provider.issuer}`],
    principalOf: (user) => `one:${user}`,
    authorizationOf: (user, scenario) => {
      const known = tokens.get(user);
      return known === undefined ? basicAuth(`${scenario}${user}`) : `Bearer ${known}`;
    },
    tokenOf: (name) => tokens.get(name) ?? 'none',
    follow: async (location, user) => {
      return location.startsWith(provider.issuer)
        ? (await follow(location, user)).replace(/^http:\/\/[^/]*/, '')
        : '/v1/';
    },
    close: () => provider.close(),
  };
}

/** As a client that does without Kinto would have it. */
async function tokenOf(
  { issuer }: IdentityProvider,
  name: string,
  follow: (location: string, user: string) => Promise<string>,
): Promise<string> {
  const query = { client_id: CLIENT.id, response_type: 'code', scope: 'openid email', redirect_uri: BACK };
  const back = new URL(await follow(`${issuer}/auth?${new URLSearchParams(query).toString()}`, name));
  const code = back.searchParams.get('code') ?? '';
  const response = await post(`${issuer}/token`, { code, redirect_uri: BACK, grant_type: 'authorization_code' });
  return ((await response.json()) as { access_token: string }).access_token;
}

function post(url: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  const body = new URLSearchParams({ client_id: CLIENT.id, client_secret: CLIENT.secret, ...fields });
  return fetch(url, { method: 'POST', body });
}

/** Users that an identity provider knows, and how they come to their tokens. */
export const openid: Profile = {
  name: 'openid',
  ini: [
    'multiauth.policies = one basicauth',
    'multiauth.policy.one.use = kinto.plugins.openid.OpenIDConnectPolicy',
    `multiauth.policy.one.client_id = ${CLIENT.id}`,
    `multiauth.policy.one.client_secret = ${CLIENT.secret}`,
    'kinto.includes = kinto.plugins.openid',
    `kinto.http_host = ${HOST}`,
    'kinto.http_scheme = http',
    // Kinto's memory counts a token each time that it is used, and forgets all states when that is too much.
    'kinto.cache_max_size_bytes = 1000000000',
  ],
  weight: 0.7,
  surround,
  scenario: scenarioOf(
    fc.oneof(
      { weight: 4, arbitrary: begin },
      { weight: 2, arbitrary: logIn },
      { weight: 3, arbitrary: comeBack },
      { weight: 4, arbitrary: token },
      { weight: 4, arbitrary: present },
      { weight: 4, arbitrary: anyStep() },
      { weight: 1, arbitrary: utilityStep },
    ),
  ),
};
