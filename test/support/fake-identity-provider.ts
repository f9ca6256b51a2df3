import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { JsonObject } from '../../src/wire/json.js';

/** What a path answers with instead of its usual; `cut` ends the connection. */
export type ProviderReply = 'cut' | { readonly status: number; readonly body: string };

/** A provider that says what it is told to: profiles by token, and failures by path. It signs JWTs as well. */
export class FakeIdentityProvider {
  readonly requests: string[] = [];
  readonly profiles = new Map<string, JsonObject>();
  readonly replies = new Map<string, ProviderReply>();
  /** What is in the JWKS, besides whatever a test adds. */
  readonly keys: JWK[] = [];

  private constructor(
    private readonly server: Server,
    private readonly privateKey: CryptoKey,
  ) {
    server.on('request', (request, response) => this.answer(request, response));
  }

  static async open(): Promise<FakeIdentityProvider> {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const provider = new FakeIdentityProvider(createServer(), privateKey);
    provider.keys.push({ ...(await exportJWK(publicKey)), kid: 'first', use: 'sig' });
    await new Promise<void>((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  count(path: string): number {
    return this.requests.filter((each) => each === path).length;
  }

  /** @param expires seconds from now */
  sign(claims: JsonObject, { expires = 60, key = this.privateKey }: { expires?: number; key?: CryptoKey } = {}) {
    return new SignJWT({ iss: this.issuer, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'first' })
      .setExpirationTime(Math.floor(Date.now() / 1000) + expires)
      .sign(key);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(url);
    const reply = this.replies.get(url);
    if (reply === 'cut') {
      response.destroy();
      return;
    }
    const { status, body } = reply ?? this.usual(url, headers.authorization ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  private usual(url: string, authorization: string): { status: number; body: string } {
    const { issuer } = this;
    const profile = this.profiles.get(authorization.replace(/^Bearer /, ''));
    const bodies: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/me`,
        jwks_uri: `${issuer}/keys`,
      },
      '/keys': { keys: this.keys },
      '/me': profile,
    };
    const body = bodies[url];
    return body === undefined ? { status: 401, body: '{}' } : { status: 200, body: JSON.stringify(body) };
  }
}
