import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '../../src/wire/json.js';
import { startTestServer, type Ask, type TestServer } from './server.js';

/** A server with the attachments plugin, its files in a directory that is gone at the end. */
export class AttachmentServer {
  private constructor(
    readonly server: TestServer,
    /** A directory of the test's own; the files are in one below it. */
    readonly root: string,
  ) {}

  get directory(): string {
    return join(this.root, 'files');
  }

  static async start(ini = ''): Promise<AttachmentServer> {
    const root = mkdtempSync(join(tmpdir(), 'kumocast-test-'));
    const server = await startTestServer({
      ini: `
kinto.includes = kinto.plugins.default_bucket kinto_attachment
kinto.attachment.base_path = ${join(root, 'files')}
${ini}`,
    });
    return new AttachmentServer(server, root);
  }

  /** Every file, by its path below the directory. */
  get files(): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.directory.length + 1))
      .sort();
  }

  /** Waits until those are the files: they are removed after the answer. */
  async untilFiles(expected: number): Promise<void> {
    const deadline = Date.now() + 45_000;
    while (this.files.length !== expected && Date.now() < deadline) await new Promise(setImmediate);
    expect(this.files).toHaveLength(expected);
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.root, { recursive: true });
  }
}

export interface Posted {
  readonly filename?: string;
  readonly content?: string | Uint8Array<ArrayBuffer>;
  readonly type?: string;
  readonly data?: JsonValue;
  readonly permissions?: JsonValue;
}

/** A form as browsers send it. */
export async function formAsk(posted: Posted = {}, ask: Ask = {}): Promise<Ask> {
  const { filename = 'hello.txt', content = 'hello\n', type = 'text/plain', data, permissions } = posted;
  const form = new FormData();
  form.append('attachment', new Blob([content], { type }), filename);
  if (data !== undefined) form.append('data', JSON.stringify(data));
  if (permissions !== undefined) form.append('permissions', JSON.stringify(permissions));
  return rawForm(form, ask);
}

export async function rawForm(form: FormData, ask: Ask = {}): Promise<Ask> {
  const response = new Response(form);
  const headers = { ...ask.headers, 'content-type': response.headers.get('content-type') ?? '' };
  return { ...ask, headers, raw: new Uint8Array(await response.arrayBuffer()) };
}
