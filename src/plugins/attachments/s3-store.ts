import { AwsClient } from 'aws4fetch';
import type { S3Settings } from './attachments.settings.js';
import { candidates, ensureInside, type AttachmentStore, type StoredFile } from './attachment-store.js';

/** Files in a bucket of Amazon S3, or of a service that speaks like it. */
export class S3Store implements AttachmentStore {
  private readonly client: AwsClient;
  private readonly root: string;

  constructor(private readonly settings: S3Settings) {
    const { accessKey, secretKey, region, bucketName } = settings;
    // A refusal is answered at once: the client of the upload is waiting.
    this.client = new AwsClient({
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      region,
      service: 's3',
      retries: 0,
    });
    const endpoint = endpointOf(settings);
    // Amazon has a host per bucket; elsewhere nobody can be sure that such a host exists.
    this.root =
      endpoint === undefined ? `https://${bucketName}.s3.${region}.amazonaws.com` : `${endpoint}/${bucketName}`;
  }

  async save(name: string, content: Buffer, type: string): Promise<string> {
    for (const candidate of candidates(name)) {
      if (await this.has(candidate)) continue;
      const response = await this.ask('PUT', candidate, {
        body: new Uint8Array(content),
        headers: {
          'Content-Type': type,
          // Of two that came past the question above, one is refused.
          'If-None-Match': '*',
          ...(this.settings.acl === '' ? {} : { 'x-amz-acl': this.settings.acl }),
        },
      });
      if (response.ok) return candidate;
      if (response.status !== 412 && response.status !== 409) throw refusal('PUT', response);
    }
    throw new Error('too many files of one name');
  }

  async find(name: string): Promise<StoredFile | undefined> {
    const response = await this.ask('GET', name);
    if (response.status === 404) return undefined;
    if (!response.ok) throw refusal('GET', response);
    const version = (response.headers.get('etag') ?? '').replaceAll('"', '');
    return { content: Buffer.from(await response.arrayBuffer()), version };
  }

  async remove(name: string): Promise<void> {
    const response = await this.ask('DELETE', name);
    if (!response.ok && response.status !== 404) throw refusal('DELETE', response);
  }

  private async has(name: string): Promise<boolean> {
    const response = await this.ask('HEAD', name);
    if (response.ok || response.status === 404) return response.ok;
    throw refusal('HEAD', response);
  }

  private async ask(method: string, name: string, init: RequestInit = {}): Promise<Response> {
    ensureInside(name);
    const path = name.split('/').map(encodeURIComponent).join('/');
    const signal = AbortSignal.timeout(this.settings.timeout * 1000);
    const response = await this.client.fetch(`${this.root}/${path}`, { ...init, method, signal });
    // What is not read keeps its connection; what is wrong is in the status.
    if (method !== 'GET' || !response.ok) await response.arrayBuffer();
    return response;
  }
}

/** S3 repeats the access key, and what it was signed with, in the body: none of it is told. */
function refusal(method: string, { status }: Response): Error {
  return new Error(`S3 answers a ${method} with status ${status}`);
}

function endpointOf({ endpoint, host, port, isSecure }: S3Settings): string | undefined {
  if (endpoint !== '') return endpoint.replace(/\/+$/, '');
  if (host === '') return undefined;
  return `${isSecure ? 'https' : 'http'}://${host}${port === undefined ? '' : `:${port}`}`;
}
