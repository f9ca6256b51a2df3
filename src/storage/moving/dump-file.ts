import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { DumpError } from './dump-format.js';

const NEW_LINE = 0x0a;

/** The first bytes of what gzip has made. */
const GZIP = Buffer.from([0x1f, 0x8b]);

/** No object is this long; what is longer is no dump, and shall not fill the memory. In bytes. */
const LONGEST_LINE = 256 * 1024 * 1024;

/** @throws DumpError when there is a file of that name */
export function ensureNew(file: string): void {
  if (existsSync(file)) throw new DumpError(`${file} is there already: nothing is written over`);
}

/**
 * Makes the file under another name, has it on the disk, and only then gives it its own: under that name there is all
 * of it or nothing. Only its owner may read it, since there are secrets in it.
 *
 * @param make is given the other name, under which there is no file
 */
export async function writeWhole(file: string, make: (part: string) => Promise<void>): Promise<void> {
  ensureNew(file);
  const part = `${file}.part-${process.pid}`;
  try {
    await make(part);
    await sync(part);
    ensureNew(file);
    await rename(part, file);
    await sync(dirname(file));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** @param zipped whether gzip is to make it smaller */
export async function writeChunks(file: string, chunks: AsyncIterable<Buffer>, zipped: boolean): Promise<void> {
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const source = Readable.from(chunks, { objectMode: false });
  await (zipped ? pipeline(source, createGzip(), target) : pipeline(source, target));
}

/**
 * The lines of a file, unzipped if need be, without their ends.
 *
 * @throws DumpError when it cannot be read, or ends in the middle of what gzip has made
 */
export async function* linesOf(file: string): AsyncGenerator<Buffer> {
  try {
    const zipped = await isZipped(file);
    const source = createReadStream(file, { highWaterMark: 256 * 1024 });
    yield* splitLines(zipped ? piped(source) : source);
  } catch (error) {
    const { code } = error as { code?: string };
    if (error instanceof DumpError || code === undefined) throw error;
    if (code === 'Z_BUF_ERROR') throw new DumpError('it is cut off', { cause: error });
    if (code.startsWith('Z_')) throw new DumpError(`it is damaged: ${(error as Error).message}`, { cause: error });
    throw new DumpError(`it cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** An error of the file's becomes one of what comes out. */
function piped(source: Readable): Readable {
  const unzipped = createGunzip();
  source.once('error', (error) => unzipped.destroy(error));
  unzipped.once('close', () => source.destroy());
  return source.pipe(unzipped);
}

async function* splitLines(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  let isFirst = true;
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end !== -1; end = chunk.indexOf(NEW_LINE, start)) {
      const piece = chunk.subarray(start, end);
      yield held.length === 0 ? piece : Buffer.concat([...held, piece]);
      held = [];
      length = 0;
      isFirst = false;
      start = end + 1;
    }
    held.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > LONGEST_LINE) throw new DumpError('it has a line that is too long to be one of a dump');
  }
  // Every line of a dump has an end. What has none at all may be something else, which the reader has to say.
  if (length > 0 && !isFirst) throw new DumpError('it is cut off: its last line has no end');
  if (length > 0) yield Buffer.concat(held);
}

async function isZipped(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    return buffer.subarray(0, bytesRead).equals(GZIP);
  } finally {
    await handle.close();
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
