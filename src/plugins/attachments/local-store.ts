import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { candidates, ensureInside, type AttachmentStore, type StoredFile } from './attachment-store.js';

/** Files in a directory of this machine. */
export class LocalStore implements AttachmentStore {
  private readonly root: string;

  constructor(basePath: string) {
    this.root = resolve(basePath);
  }

  async save(name: string, content: Buffer): Promise<string> {
    ensureInside(name);
    const directory = dirname(join(this.root, name));
    await mkdir(directory, { recursive: true });
    // No name of ours begins with a dot, so nobody ever reads a file that is not whole.
    const partial = join(directory, `.${randomUUID()}.part`);
    try {
      await writeDurably(partial, content);
      const reserved = await this.reserve(name);
      await rename(partial, join(this.root, reserved));
      await this.syncDirectories(directory);
      return reserved;
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  async find(name: string): Promise<StoredFile | undefined> {
    ensureInside(name);
    const path = join(this.root, name);
    try {
      const { size, mtimeMs, ino } = await stat(path);
      return { content: await readFile(path), version: [size, Math.round(mtimeMs), ino].map(inHex).join('-') };
    } catch (error) {
      if (isOneOf(error, ['ENOENT', 'ENOTDIR', 'EISDIR'])) return undefined;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    ensureInside(name);
    await rm(join(this.root, name), { force: true });
  }

  /** Of two that want one name, one creates the file; the rename then replaces what only holds the place. */
  private async reserve(name: string): Promise<string> {
    for (const candidate of candidates(name)) {
      try {
        await (await open(join(this.root, candidate), 'wx')).close();
        return candidate;
      } catch (error) {
        if (!isOneOf(error, ['EEXIST'])) throw error;
      }
    }
    throw new Error('too many files of one name');
  }

  /** A file is found after power loss only if its directory, and those made for it, are on disk as well. */
  private async syncDirectories(directory: string): Promise<void> {
    for (let each = directory; each.startsWith(this.root); each = dirname(each)) {
      const handle = await open(each, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
  }
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function inHex(number: number): string {
  return number.toString(16);
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
