import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import type { PathParameterDescription } from '../../resources/openapi/operation.js';
import { parseQueryString } from '../../resources/query-string.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { ProviderDocument } from './discovery.js';
import { providerParameter } from './openid-operations.js';
import type { OpenIdProvider } from './provider.js';

export type Query = ReadonlyMap<string, string>;

/** A step of the login at one provider: `/openid/{provider}/<step>`. */
export abstract class ProviderEndpoint implements PlainEndpoint {
  abstract readonly name: string;
  abstract readonly pattern: string;
  // No HEAD: whatever looks at a link before its user does would use up the state.
  readonly methods = ['GET', 'OPTIONS'];
  readonly usesStorage = false as const;

  readonly pathParameters: Readonly<Record<string, PathParameterDescription>>;

  constructor(private readonly providers: readonly OpenIdProvider[]) {
    this.pathParameters = { provider: providerParameter(providers) };
  }

  exposedHeaders(): readonly string[] {
    return [];
  }

  /** @throws ApiError */
  async handle(request: ApiRequest, { provider: name = '' }: Readonly<Record<string, string>>): Promise<ApiResponse> {
    const query = readQuery(request);
    const problems = this.check(query);
    const provider = this.providers.find((each) => each.name === name);
    if (provider === undefined) {
      const description = `Unknown provider '${name.slice(0, 100)}'`;
      throw invalidParameters([...problems, { location: 'path', name: 'provider', description }]);
    }
    if (problems.length > 0) throw invalidParameters(problems);
    return this.go(provider, query, request);
  }

  /** What is wrong with the query string whatever the provider. */
  protected abstract check(query: Query): ErrorDetail[];
  protected abstract go(provider: OpenIdProvider, query: Query, request: ApiRequest): Promise<ApiResponse>;
}

export function queryProblem(name: string, description: string): ErrorDetail {
  return { location: 'querystring', name, description };
}

/** What Kinto says of a value in the query string that only the provider's settings refuse. */
export function bodyProblem(name: string, description: string): ErrorDetail {
  return { location: 'body', name, description };
}

/** @throws ApiError BACKEND while the provider does not answer */
export async function getDocument({ name, discovery }: OpenIdProvider): Promise<ProviderDocument> {
  const document = await discovery.find();
  if (document !== undefined) return document;
  throw new ApiError('BACKEND', { cause: new Error(`the identity provider ${name} does not answer`) });
}

/** Where the provider sends the user back to; it compares this with what it was told beforehand. */
export function tokenUri({ name }: OpenIdProvider, { origin }: ApiRequest): string {
  return `${origin}/v1/openid/${encodeURIComponent(name)}/token`;
}

/** A redirect that nobody keeps, and that tells the next page nothing of this one. */
export function redirect(location: string): ApiResponse {
  return {
    status: 307,
    headers: {
      Location: location,
      'Content-Type': 'text/plain; charset=UTF-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    },
    body: '',
  };
}

/** The first value of each name; an empty one counts as none, as in Kinto. */
function readQuery({ queryString }: ApiRequest): Query {
  const query = new Map<string, string>();
  for (const [name, value] of parseQueryString(queryString)) {
    if (value !== '' && !query.has(name)) query.set(name, value);
  }
  return query;
}
