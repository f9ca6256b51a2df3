import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { encodeJson } from '../../wire/json.js';
import type { ApiResponse } from '../api-message.js';
import type { PlainEndpoint } from '../exchange.js';

/** What whoever packs this server may have put beside its package.json. */
const PACKAGED = fileURLToPath(new URL('../../../version.json', import.meta.url));

/** Which build this is, from a file that whoever deploys it writes; without one, 500, as in Kinto (kinto-api.md, 1.5). */
export class VersionEndpoint implements PlainEndpoint {
  readonly name = 'version';
  readonly pattern = '/__version__';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: '__version__',
      tag: 'Utilities',
      summary: 'Which build this is, as a file of its deployment says; 500 without one.',
      responses: { 200: { description: 'The content of that file.', schema: {} } },
    },
  };
  private body: string | undefined;

  /** @param path of the file, by default in the working directory */
  constructor(private readonly path: string) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    // It belongs to the build, so it is read once.
    this.body ??= encodeJson(await readFirst([this.path, PACKAGED]));
    return { status: 200, headers: {}, body: this.body };
  }
}

async function readFirst(paths: readonly string[]): Promise<unknown> {
  for (const path of paths) {
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`There is no ${paths.join(' and no ')}`);
}
