import type { Capability } from '../../resources/capabilities.js';
import type { Plugin } from '../../resources/plugin.js';
import type { JsonObject } from '../../wire/json.js';
import { LoginEndpoint } from './login.endpoint.js';
import { LoginStates } from './login-states.js';
import { OpenIdSettings } from './openid.settings.js';
import { openIdProviders, type OpenIdProvider } from './provider.js';
import { TokenEndpoint } from './token.endpoint.js';

/** The login at identity providers, for clients that have no tokens yet (kinto-api.md, 8.5). */
export const openIdPlugin: Plugin = {
  settings: [OpenIdSettings],
  extend({ endpoints, capabilities, userDetails }, source) {
    const providers = openIdProviders(source);
    endpoints.add('openid', ({ resource: { cache } }) => {
      const states = new LoginStates(cache);
      return [new LoginEndpoint(providers, states), new TokenEndpoint(providers, states)];
    });
    if (providers.length === 0) return;
    capabilities.add('openid', capabilityOf(providers));
    userDetails.add('profile', ({ profile }) => ({ profile: profile ?? {} }));
  },
};

/** Read again for every hello: a provider may not have answered yet when the server started. */
function capabilityOf(providers: readonly OpenIdProvider[]): Capability {
  return {
    description: 'OpenID connect support.',
    url: 'http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html',
    get providers(): JsonObject[] {
      return providers.map(describe);
    },
  };
}

function describe({ name, settings, discovery }: OpenIdProvider): JsonObject {
  const document = discovery.known;
  if (document === undefined) void discovery.find();
  return {
    name,
    issuer: document?.issuer ?? settings.issuer,
    auth_path: `/openid/${name}/login`,
    client_id: settings.clientId,
    audience: settings.audience,
    header_type: settings.headerType,
    userinfo_endpoint: document?.userinfoEndpoint ?? null,
  };
}
