import { createHash, type Hash } from 'node:crypto';
import { linesOf } from './dump-file.js';
import { DumpError, endIn, ensureHeader, ensureTable, isEndLine, rowIn, type DumpEnd } from './dump-format.js';
import { DUMP_TABLES, ROWS_AT_ONCE, type DumpRow, type DumpTable } from './dump-tables.js';

/** Some rows of one table, and the line that the first of them is in. */
export interface DumpedRows {
  readonly table: DumpTable;
  readonly rows: readonly DumpRow[];
  readonly firstLine: number;
}

/** How many characters are held at once, unless a single row has more. */
const MOST_AT_ONCE = 4 * 1024 * 1024;

/**
 * Everything in a dump, in its order. What is read may be believed only once the end is reached without an error: the
 * checksum comes last.
 *
 * @throws DumpError naming the file, and the line where there is one to name
 */
export async function* readDump(file: string): AsyncGenerator<DumpedRows, DumpEnd> {
  const reading = new Reading();
  try {
    for await (const bytes of linesOf(file)) {
      const full = reading.take(bytes);
      if (full !== undefined) yield full;
    }
    return reading.end();
  } catch (error) {
    if (!(error instanceof DumpError)) throw error;
    const line = reading.failedLine === undefined ? '' : `, line ${reading.failedLine}`;
    throw new DumpError(`${file}${line}: ${error.message}`, { cause: error });
  }
}

/** Reads all of it for its end, so that nothing is begun with a file that is no good. @throws DumpError */
export async function checkDump(file: string): Promise<DumpEnd> {
  const reading = readDump(file);
  for (;;) {
    const { done, value } = await reading.next();
    if (done === true) return value;
  }
}

/** What has been read so far. */
class Reading {
  /** The line that is no good; `undefined`: it is the file as a whole. */
  failedLine: number | undefined;
  private line = 0;
  private readonly hash: Hash = createHash('sha256');
  private readonly counts: Record<string, number> = {};
  private tables = 0;
  private table: DumpTable | undefined;
  private found: DumpEnd | undefined;
  private rows: DumpRow[] = [];
  private held = 0;

  /** @returns rows that are together, as soon as they are enough or their table has ended */
  take(bytes: Buffer): DumpedRows | undefined {
    this.line += 1;
    const text = bytes.toString();
    if (this.line === 1) ensureHeader(text);
    this.failedLine = this.line;
    const full = this.line === 1 ? undefined : this.takeBody(text);
    this.failedLine = undefined;
    if (this.found === undefined) this.hash.update(bytes).update('\n');
    return full;
  }

  /** @throws DumpError unless all was there, and as it was written */
  end(): DumpEnd {
    if (this.line === 0) ensureHeader(undefined);
    if (this.found === undefined) throw new DumpError('it is cut off: the last line, with the checksum, is missing');
    if (this.hash.digest('hex') !== this.found.sha256) {
      throw new DumpError('it has been altered: the checksum is not that of what is in it');
    }
    const { counts } = this.found;
    const isAsSaid = DUMP_TABLES.every(({ name }) => name in this.counts && counts[name] === this.counts[name]);
    if (!isAsSaid) throw new DumpError('it has been altered: the rows are not as many as its last line says');
    return this.found;
  }

  private takeBody(text: string): DumpedRows | undefined {
    if (this.found !== undefined) throw new DumpError('something follows the last line');
    if (text.startsWith('[')) return this.takeRow(text);
    const full = this.flush();
    if (isEndLine(text)) {
      this.found = endIn(text);
    } else {
      this.table = ensureTable(text, this.tables);
      this.counts[this.table.name] = 0;
      this.tables += 1;
    }
    return full;
  }

  private takeRow(text: string): DumpedRows | undefined {
    if (this.table === undefined) throw new DumpError('a row before the first table');
    this.rows.push(rowIn(text, this.table));
    this.counts[this.table.name]! += 1;
    this.held += text.length;
    const isFull = this.rows.length >= ROWS_AT_ONCE || this.held >= MOST_AT_ONCE;
    return isFull ? this.flush(this.line + 1) : undefined;
  }

  private flush(nextLine = this.line): DumpedRows | undefined {
    const { table, rows } = this;
    this.rows = [];
    this.held = 0;
    return table === undefined || rows.length === 0 ? undefined : { table, rows, firstLine: nextLine - rows.length };
  }
}
