import { isJsonObject, type JsonValue } from '../../wire/json.js';
import { ProviderAnswer, type ProviderTrouble } from './provider-trouble.js';

/** What a provider says of itself, as far as it is needed here (OpenID Connect Discovery 1.0, 3). */
export interface ProviderDocument {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userinfoEndpoint: string;
  readonly jwksUri: string;
}

export interface DiscoveryOptions {
  readonly issuer: string;
  /** ms for one answer. */
  readonly timeout: number;
  /** ms between two tries. */
  readonly retry: number;
  readonly trouble: ProviderTrouble;
}

/** The provider's document: fetched when it is first wanted, kept from then on. Its absence keeps nobody from starting. */
export class Discovery {
  private document: ProviderDocument | undefined;
  private pending: Promise<ProviderDocument | undefined> | undefined;
  private pausedUntil = 0;

  constructor(private readonly options: DiscoveryOptions) {}

  /** What is there already, without asking anybody. */
  get known(): ProviderDocument | undefined {
    return this.document;
  }

  /** Never rejects. `undefined`: the provider does not answer, or did not a moment ago. */
  find(): Promise<ProviderDocument | undefined> {
    if (this.document !== undefined) return Promise.resolve(this.document);
    if (this.pending === undefined && Date.now() < this.pausedUntil) return Promise.resolve(undefined);
    this.pending ??= this.fetch().finally(() => (this.pending = undefined));
    return this.pending;
  }

  private async fetch(): Promise<ProviderDocument | undefined> {
    const { issuer, timeout, retry, trouble } = this.options;
    try {
      const response = await fetch(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, {
        headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(timeout),
      });
      if (!response.ok) throw new ProviderAnswer(`status ${response.status}`);
      this.document = readDocument((await response.json()) as JsonValue);
    } catch (error) {
      this.pausedUntil = Date.now() + retry;
      trouble.report('the discovery document', error);
    }
    return this.document;
  }
}

function readDocument(value: JsonValue): ProviderDocument {
  if (!isJsonObject(value)) throw new ProviderAnswer('it is no object');
  const url = (name: string): string => {
    const text = value[name];
    if (typeof text === 'string' && /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
    throw new ProviderAnswer(`${name} is no URL`);
  };
  return {
    issuer: url('issuer'),
    authorizationEndpoint: url('authorization_endpoint'),
    tokenEndpoint: url('token_endpoint'),
    userinfoEndpoint: url('userinfo_endpoint'),
    jwksUri: url('jwks_uri'),
  };
}
