import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { startServer, type RunningServer } from '../../src/app.server.js';
import { mergeLogged } from '../../src/changes/resource-change.js';
import { SettingSource } from '../../src/settings/settings.js';
import { journal, type LoggedChange } from '../../src/storage/journal.js';
import type { Storage } from '../../src/storage/storage.js';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { databasesOfSwitch as databases } from './storage-switch.js';

/** Users that the specification has vectors for (kinto-api.md, 17.2); their password is `secret`. */
export const USER_IDS = {
  mat: 'basicauth:8a931a10fc88ab2f6d1cc02a07d3a81b5d4768f6f13e85c5d8d4180419acb1b4',
  bob: 'basicauth:c031ced27503f788b102ca54269a062ec73794bb075154c74a0d4311e74ca8b6',
  alice: 'basicauth:d5b0026601f1b251974e09548d44155e16812e3c64ff7ae053fe3542e2ca1570',
} as const;

export type User = keyof typeof USER_IDS;

export interface Ask {
  /** Who is calling; `null`: nobody. By default it is mat. */
  readonly auth?: User | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, and said to be. */
  readonly body?: JsonValue;
  /** Sent as it stands, and said to be JSON unless `headers` say otherwise. */
  readonly raw?: string | Uint8Array;
}

export class Answer {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly text: string,
  ) {}

  /** The body, which must be an object. */
  get json(): JsonObject {
    return JSON.parse(this.text) as JsonObject;
  }

  /** The object in `data`. */
  get data(): JsonObject {
    return this.json.data as JsonObject;
  }

  /** The objects in `data`. */
  get list(): JsonObject[] {
    return this.json.data as JsonObject[];
  }

  get ids(): string[] {
    return this.list.map(({ id }) => id as string).sort();
  }

  /** The number in the `ETag`, in ms. */
  get etag(): number {
    return Number(/^"(\d+)"$/.exec(this.headers.get('etag') ?? '')?.[1]);
  }

  get lastModified(): number {
    return Number(this.data.last_modified);
  }
}

const DEFAULT_INI = `
multiauth.policies = basicauth
kinto.includes = kinto.plugins.default_bucket
kinto.storage_backend = memory
kinto.log_level = fatal
`;

export interface TestServerOptions {
  /** Lines for `[app:main]` after the usual ones; a key that is there already counts as this one. */
  readonly ini?: string;
}

/** A whole server on a port of its own, on an empty database in memory unless the settings say otherwise. */
export async function startTestServer({ ini = '' }: TestServerOptions = {}): Promise<TestServer> {
  const own = ini.trim().split('\n').filter(Boolean);
  const keys = own.map(keyOf);
  const database = keys.includes('kinto.storage_backend') ? undefined : await databases?.next();
  const settings = [...DEFAULT_INI.split('\n'), ...(database === undefined ? [] : onPostgresql(database))];
  const usual = new Map(settings.map((line) => [keyOf(line), line]));
  for (const key of keys) usual.delete(key);
  const text = ['[app:main]', ...usual.values(), ...own].join('\n');
  const server = await startServer(SettingSource.fromText(text, { file: 'test.ini' }), { port: 0 });
  return new TestServer(server, () => {
    if (database !== undefined) databases?.giveBack(database);
  });
}

function onPostgresql(url: string): string[] {
  return [
    'kinto.storage_backend = postgresql',
    `kinto.storage_url = ${url}`,
    'kinto.storage_pool_size = 8',
    'kinto.storage_poll_interval = 50',
  ];
}

function keyOf(line: string): string {
  return line.split('=', 1)[0]!.trim();
}

export class TestServer {
  private cursor = 0;

  constructor(
    private readonly server: RunningServer,
    private readonly afterClose: () => void = () => undefined,
  ) {}

  get port(): number {
    return this.server.port;
  }

  get url(): string {
    return this.server.url;
  }

  get storage(): Storage {
    return this.server.storage;
  }

  /** @param path with the version prefix */
  async request(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const bytes = bytesOf(ask);
    const response = await fetch(this.url + path, {
      method,
      headers: headersOf(ask),
      redirect: 'manual',
      // As bytes: to text, fetch would add a Content-Type of its own.
      ...(bytes === undefined ? {} : { body: new Uint8Array(bytes) }),
    });
    return new Answer(response.status, response.headers, await response.text());
  }

  /** For what `fetch` would tidy up: methods it does not know, paths that are no URL. */
  requestExactly(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const bytes = bytesOf(ask);
      const length: Record<string, string> = bytes === undefined ? {} : { 'content-length': String(bytes.length) };
      const headers = { ...headersOf(ask), ...length };
      const sent = httpRequest({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, (got) => {
        const chunks: Buffer[] = [];
        got.on('data', (chunk: Buffer) => chunks.push(chunk));
        got.on('end', () => {
          resolve(new Answer(got.statusCode ?? 0, headersFrom(got.headers), Buffer.concat(chunks).toString()));
        });
      });
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  /** What the change log has got since this was last asked. */
  async newLogged(): Promise<LoggedChange[]> {
    const logged = await this.server.storage.read(({ sql }) => journal.readAfter(sql, this.cursor, 10_000));
    this.cursor = logged.at(-1)?.id ?? this.cursor;
    return logged;
  }

  /** The same as listeners are told it, each as `create /buckets/b/collections/c/records r1 r2`. */
  async newChanges(): Promise<string[]> {
    const requests = mergeLogged(await this.newLogged());
    return requests
      .flatMap(({ changes }) => changes)
      .map(({ action, parentId, resourceName, impacted }) => {
        return [action, `${parentId}/${resourceName}s`, ...impacted.map(({ id }) => id)].join(' ');
      });
  }

  async close(): Promise<void> {
    await this.server.close();
    this.afterClose();
  }
}

export function basicAuth(user: string, password = 'secret'): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function headersOf({ auth = 'mat', headers = {}, body, raw }: Ask): Record<string, string> {
  const isSaid = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    ...(auth === null ? {} : { authorization: basicAuth(auth) }),
    ...((body === undefined && raw === undefined) || isSaid ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
}

function bytesOf({ body, raw }: Ask): Buffer | undefined {
  if (raw !== undefined) return Buffer.from(raw);
  return body === undefined ? undefined : Buffer.from(JSON.stringify(body));
}

function headersFrom(raw: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const each of Array.isArray(value) ? value : [value ?? '']) headers.append(name, each);
  }
  return headers;
}
