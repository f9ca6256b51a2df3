import { readFileSync, realpathSync, statSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** A file as it is at this moment. */
export interface Asset {
  readonly content: Buffer;
  readonly contentType: string;
  /** When it was last changed, in ms. */
  readonly modified: number;
}

const TEXT = 'text/plain; charset=UTF-8';

/** Browsers run and apply nothing whose type is not said rightly: answers carry `nosniff`. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=UTF-8'],
  ['.js', 'text/javascript; charset=UTF-8'],
  ['.mjs', 'text/javascript; charset=UTF-8'],
  ['.css', 'text/css; charset=UTF-8'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.webmanifest', 'application/manifest+json'],
  ['.wasm', 'application/wasm'],
  ['.xml', 'application/xml'],
  ['.pdf', 'application/pdf'],
  ['.txt', TEXT],
  ['.md', TEXT],
  ['.svg', 'image/svg+xml; charset=UTF-8'],
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.gif', 'image/gif'],
  ['.ico', 'image/x-icon'],
  ['.webp', 'image/webp'],
  ['.avif', 'image/avif'],
  ['.woff', 'font/woff'],
  ['.woff2', 'font/woff2'],
  ['.ttf', 'font/ttf'],
  ['.otf', 'font/otf'],
  ['.eot', 'application/vnd.ms-fontobject'],
]);

/** A path of plain names: nothing that leads upwards, hides, or means something else on another system. */
const PLAIN_PATH = /^(?!\.)[^/\\\0:]+(\/(?!\.)[^/\\\0:]+)*$/;

/** The files below one folder, and nothing else, whatever paths and symbolic links say. */
export class AssetFolder {
  private constructor(private readonly root: string) {}

  /** @throws Error when there is no such folder */
  static open(path: string): AssetFolder {
    const root = realpathSync(path);
    if (!statSync(root).isDirectory()) throw new Error('it is no folder');
    return new AssetFolder(root);
  }

  /** For the start of the application. @throws Error when it cannot be read */
  readAtStart(name: string): string {
    return readFileSync(join(this.root, name), 'utf8');
  }

  /** @param path with `/`, decoded; may come from whoever asks */
  async find(path: string): Promise<Asset | undefined> {
    if (!PLAIN_PATH.test(path)) return undefined;
    try {
      const real = await realpath(join(this.root, path));
      return real.startsWith(this.root + sep) ? await read(real) : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

async function read(file: string): Promise<Asset | undefined> {
  const handle = await open(file, 'r');
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return undefined;
    const content = await handle.readFile();
    return { content, contentType: TYPES.get(extname(file).toLowerCase()) ?? OTHER, modified: stat.mtimeMs };
  } finally {
    await handle.close();
  }
}

const OTHER = 'application/octet-stream';

function isAbsence(error: unknown): boolean {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP';
}
