import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import type { LoginStates } from './login-states.js';
import { loginOperations } from './openid-operations.js';
import {
  bodyProblem,
  getDocument,
  ProviderEndpoint,
  queryProblem,
  redirect,
  tokenUri,
  type Query,
} from './provider.endpoint.js';
import type { OpenIdProvider } from './provider.js';
import { isTrustedCallback, parseCallback } from './trusted-callback.js';

const LONGEST_CALLBACK = 2048;

/** The one that there is. */
const PROMPT = 'none';

/** Sends the user to the identity provider. */
export class LoginEndpoint extends ProviderEndpoint {
  readonly name = 'openid-login';
  readonly pattern = '/openid/{provider}/login';
  readonly operations: OperationDescriptions;

  constructor(
    providers: readonly OpenIdProvider[],
    private readonly states: LoginStates,
  ) {
    super(providers);
    this.operations = loginOperations(providers, { longestCallback: LONGEST_CALLBACK, prompt: PROMPT });
  }

  protected check(query: Query): ErrorDetail[] {
    const problems: ErrorDetail[] = [];
    const callback = query.get('callback');
    const prompt = query.get('prompt');
    if (callback === undefined) problems.push(queryProblem('callback', 'Required'));
    else if (callback.length > LONGEST_CALLBACK) {
      problems.push(queryProblem('callback', `Longer than maximum length ${LONGEST_CALLBACK}`));
    } else if (parseCallback(callback) === undefined) problems.push(queryProblem('callback', 'Must be a URL'));
    if (!query.has('scope')) problems.push(queryProblem('scope', 'Required'));
    if (prompt !== undefined && prompt !== PROMPT) {
      problems.push(queryProblem('prompt', 'String does not match expected pattern'));
    }
    return problems;
  }

  protected async go(provider: OpenIdProvider, query: Query, request: ApiRequest): Promise<ApiResponse> {
    const { settings, trustedCallbacks, name } = provider;
    const callback = parseCallback(query.get('callback')!)!;
    const scope = query.get('scope')!;
    const scopes = scope.split(/\s+/).filter((word) => word !== '');
    const forbidden = scopes.filter((word) => !settings.allowedScopes.includes(word)).sort();
    if (forbidden.length > 0) {
      throw invalidParameters([bodyProblem('scope', `Scopes not allowed: ${forbidden.join(', ')}`)]);
    }
    if (!isTrustedCallback(callback, settings, trustedCallbacks, request.origin)) {
      throw invalidParameters([bodyProblem('callback', 'Untrusted callback URL')]);
    }
    if (settings.userIdField === 'email' && !scopes.includes('email')) {
      throw invalidParameters([bodyProblem('scope', `Provider ${name} requires 'email' scope`)]);
    }
    const { authorizationEndpoint } = await getDocument(provider);
    const target = new URL(authorizationEndpoint);
    const prompt = query.get('prompt');
    const parameters: Record<string, string> = {
      client_id: settings.clientId,
      response_type: 'code',
      scope,
      redirect_uri: tokenUri(provider, request),
      // As it was parsed: what is appended to it later must not become a part of its host.
      state: await this.states.open(provider, callback.href),
      ...(prompt === undefined ? {} : { prompt }),
      ...(settings.audience === '' ? {} : { audience: settings.audience }),
    };
    for (const [key, value] of Object.entries(parameters)) target.searchParams.append(key, value);
    return redirect(target.href);
  }
}
