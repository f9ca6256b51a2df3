import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What is used of `oidc-provider`, which comes without types. */
interface ProviderModule {
  default: new (issuer: string, configuration: object) => { callback(): Handler };
}

export interface RegisteredClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
}

/** A certified OpenID Connect provider on a port of its own, and how often each of its paths was asked for. */
export class IdentityProvider {
  readonly requests: string[] = [];
  private handler: Handler | undefined;

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.requests.push((request.url ?? '').split('?', 1)[0]!);
      this.handler?.(request, response);
    });
  }

  /** Whoever logs in is who they say they are: `alice` is `alice`, with an address at example.com. */
  static async open(clients: readonly RegisteredClient[]): Promise<IdentityProvider> {
    const provider = new IdentityProvider(createServer());
    await new Promise<void>((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
    // It warns that it is set up as for a test.
    console.warn = console.info = () => undefined;
    const name = 'oidc-provider' as string;
    const { default: Provider } = (await import(name)) as ProviderModule;
    provider.handler = new Provider(provider.issuer, {
      clients: clients.map(({ id, secret, redirectUri }) => ({
        client_id: id,
        client_secret: secret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      })),
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
      cookies: { keys: ['only for tests'] },
      features: { revocation: { enabled: true } },
      pkce: { required: () => false },
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true }),
      }),
    }).callback();
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  count(path: string): number {
    return this.requests.filter((each) => each === path).length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** As much of a browser as a login needs: it keeps cookies, follows redirects, and fills in the two forms. */
export class LoginBrowser {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly user: string) {}

  /** Goes on until it is sent to a URL that begins with `end`. @returns that URL */
  async follow(start: string, end: string): Promise<string> {
    let url = start;
    for (let steps = 0; steps < 20; steps++) {
      if (url.startsWith(end)) return url;
      const response = await this.send(url);
      const location = response.headers.get('location') ?? (await this.submit(url, await response.text()));
      url = new URL(location, url).href;
    }
    throw new Error(`never came to ${end}; the last place was ${url}`);
  }

  private async submit(url: string, page: string): Promise<string> {
    const action = /action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    if (action === undefined || prompt === undefined) throw new Error(`no form at ${url}: ${page.slice(0, 500)}`);
    const form = new URLSearchParams({ prompt, login: this.user, password: 'any' });
    const response = await this.send(new URL(action, url).href, { method: 'POST', body: form });
    return response.headers.get('location') ?? '';
  }

  private async send(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '') this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    return response;
  }
}
