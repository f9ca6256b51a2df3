/** Somebody who calls a running kumocast over HTTP, as the tutorial's user. */
export class ApiClient {
  private readonly authorization: string;

  /** @param url of the server, without the version */
  constructor(
    private readonly url: string,
    credentials = 'token:alice-token',
  ) {
    this.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  async ask(method: string, path: string, data?: object): Promise<{ status: number; body: ApiBody }> {
    const response = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: { authorization: this.authorization, 'content-type': 'application/json' },
      ...(data === undefined ? {} : { body: JSON.stringify({ data }) }),
    });
    return { status: response.status, body: (await response.json()) as ApiBody };
  }

  /** The id of the caller's own bucket. */
  async bucket(): Promise<string> {
    const { body } = await this.ask('GET', '/');
    return body.user!.bucket;
  }
}

export interface ApiBody {
  readonly data?: Record<string, unknown>;
  readonly user?: { readonly bucket: string };
  readonly capabilities?: Record<string, { readonly key: string }>;
}
