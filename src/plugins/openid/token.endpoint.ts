import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { LoginStates } from './login-states.js';
import { tokenOperations } from './openid-operations.js';
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

const ONE_OF_BOTH = "Provide either 'state' and 'code', or 'error' and 'error_description', but not both.";

/** Kinto's number for a token that cannot be accepted; only this endpoint says it (kinto-api.md, 6.2). */
const INVALID_AUTH_TOKEN = 105;

/** Where the provider sends the user back to: trades the code for tokens and sends them on to the callback. */
export class TokenEndpoint extends ProviderEndpoint {
  readonly name = 'openid-token';
  readonly pattern = '/openid/{provider}/token';
  readonly operations = tokenOperations();

  constructor(
    providers: readonly OpenIdProvider[],
    private readonly states: LoginStates,
  ) {
    super(providers);
  }

  protected check(query: Query): ErrorDetail[] {
    if (!query.has('state')) return [queryProblem('state', 'Required')];
    return query.has('code') === query.has('error') ? [queryProblem('', ONE_OF_BOTH)] : [];
  }

  protected async go(provider: OpenIdProvider, query: Query, request: ApiRequest): Promise<ApiResponse> {
    const callback = await this.states.take(provider, query.get('state')!);
    if (callback === undefined) throw invalidState();
    const error = query.get('error');
    if (error !== undefined) {
      const description = query.get('error_description');
      const told = new URLSearchParams({
        error,
        ...(description === undefined ? {} : { error_description: description }),
      });
      return redirect(callback + told.toString());
    }
    const document = await getDocument(provider);
    const issuer = query.get('iss');
    // A code of another provider must not be given to this one (RFC 9207).
    if (issuer !== undefined && issuer !== document.issuer) {
      throw invalidParameters([queryProblem('iss', 'This is not the issuer that the login began with')]);
    }
    const tokens = await trade(provider, document.tokenEndpoint, {
      code: query.get('code')!,
      client_id: provider.settings.clientId,
      client_secret: provider.settings.clientSecret,
      redirect_uri: tokenUri(provider, request),
      grant_type: 'authorization_code',
    });
    // A slash stays as it is, as in Kinto.
    return redirect(callback + encodeURIComponent(tokens.toString('base64')).replaceAll('%2F', '/'));
  }
}

/** The provider's answer as it stands, a refusal too: the client reads it. @throws ApiError BACKEND without one */
async function trade(provider: OpenIdProvider, uri: string, form: Record<string, string>): Promise<Buffer> {
  try {
    const response = await fetch(uri, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { Accept: 'application/json' },
      // Wherever else it pointed, the secret would go there too.
      redirect: 'error',
      signal: AbortSignal.timeout(provider.settings.timeout * 1000),
    });
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    provider.trouble.report('tokens', error);
    throw new ApiError('BACKEND', { cause: new Error(`the identity provider ${provider.name} does not answer`) });
  }
}

function invalidState(): ApiError {
  const detail = { ...bodyProblem('state', 'Invalid state'), errno: INVALID_AUTH_TOKEN };
  return new ApiError('INVALID_PARAMETERS', { message: detail.description, details: [detail] });
}
