import { createHash } from 'node:crypto';
import type { StorageView } from '../storage.js';
import { canonicalJson } from './canonical-json.js';
import { writeChunks, writeWhole } from './dump-file.js';
import { endLine, fits, headerLine, MovingError, rowLine, tableLine } from './dump-format.js';
import { DUMP_TABLES, type DumpRow, type DumpTable } from './dump-tables.js';
import type { MovingBackend, NamedRow } from './moving-backend.js';

/** Is told how far it is. @param total `undefined`: not known yet */
export type Progress = (at: { readonly table: string; readonly done: number; readonly total: number }) => void;

/** How many bytes are handed to the file at once. */
const CHUNK = 128 * 1024;

/**
 * Writes everything that one snapshot has into a new file.
 *
 * @returns how many rows of each table
 * @throws MovingError when there is such a file, or a value that no dump can hold
 */
export async function writeDump(
  { sql }: StorageView,
  backend: MovingBackend,
  file: string,
  progress: Progress,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  await writeWhole(file, async (part) => {
    await backend.beginReading(sql);
    let total = 0;
    for (const table of DUMP_TABLES) total += await backend.count(sql, table);
    let done = 0;
    const lines = async function* () {
      yield headerLine();
      for (const table of DUMP_TABLES) {
        yield tableLine(table);
        counts[table.name] = 0;
        for await (const rows of backend.rows(sql, table)) {
          for (const row of rows) yield rowLine(rowOf(row, table));
          counts[table.name]! += rows.length;
          done += rows.length;
          progress({ table: table.name, done, total: Math.max(done, total) });
        }
      }
    };
    await writeChunks(part, withEnd(lines(), counts), file.endsWith('.gz'));
  });
  return counts;
}

/** The lines in larger pieces, and behind them what tells whether all of it is there. */
async function* withEnd(
  lines: AsyncIterable<string>,
  counts: Readonly<Record<string, number>>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let text = '';
  const take = () => {
    const chunk = Buffer.from(text);
    hash.update(chunk);
    text = '';
    return chunk;
  };
  for await (const line of lines) {
    text += line;
    if (text.length >= CHUNK) yield take();
  }
  yield take();
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
  yield Buffer.from(endLine({ rows, counts, sha256: hash.digest('hex') }));
}

function rowOf(row: NamedRow, table: DumpTable): DumpRow {
  return table.columns.map((column) => {
    const value = row[column.name];
    if (!fits(value, column)) {
      const place = table.key.map((name) => String(row[name])).join(' ');
      throw new MovingError(`${table.name}, ${place}: ${column.name} is nothing that a dump can hold`);
    }
    return column.kind === 'json' ? canonicalJson(value as string) : (value as string | number | null);
  });
}
