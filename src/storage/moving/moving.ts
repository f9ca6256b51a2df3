import { ApiError } from '../../wire/api-error.js';
import { isPostgresql } from '../open-storage.js';
import type { Storage, UnitOfWork } from '../storage.js';
import type { StorageSettings } from '../storage.settings.js';
import { MovingError } from './dump-format.js';
import { DUMP_TABLES, type DumpTable } from './dump-tables.js';
import type { MovingBackend } from './moving-backend.js';
import { POSTGRESQL_MOVING } from './postgresql-moving.js';
import { checkDump, readDump, type DumpedRows } from './read-dump.js';
import { SQLITE_MOVING } from './sqlite-moving.js';
import { writeDump, type Progress } from './write-dump.js';

/** How many rows of each table. */
export type Counts = Readonly<Record<string, number>>;

function backendOf(settings: StorageSettings): MovingBackend {
  return isPostgresql(settings) ? POSTGRESQL_MOVING : SQLITE_MOVING;
}

/**
 * Writes everything into a new file, as it is at one moment; a server may go on writing meanwhile.
 *
 * @throws MovingError
 */
export function exportAll(
  storage: Storage,
  settings: StorageSettings,
  file: string,
  progress: Progress,
): Promise<Counts> {
  return storage.read((view) => writeDump(view, backendOf(settings), file, progress));
}

/**
 * Puts everything that a file holds into a database that is empty, in one transaction: all of it or nothing. The
 * checksum is compared before the transaction ends, also when {@link checkDump} has done so already.
 *
 * @throws MovingError
 */
export async function importAll(
  storage: Storage,
  settings: StorageSettings,
  file: string,
  progress: Progress,
): Promise<Counts> {
  const { rows: total } = await checkDump(file);
  let failure: Error | undefined;
  return storage.write(async (unit) => {
    // A unit that fails is run again by itself, since it may have been undone for somebody else's sake; not this one.
    if (failure !== undefined) throw failure;
    try {
      return await importInto(unit, backendOf(settings), { file, total, progress });
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error), { cause: error });
      throw failure;
    }
  });
}

interface Import {
  readonly file: string;
  readonly total: number;
  readonly progress: Progress;
}

async function importInto({ sql }: UnitOfWork, backend: MovingBackend, { file, total, progress }: Import) {
  await backend.beginWriting(sql);
  const filled: string[] = [];
  for (const table of DUMP_TABLES) if (await isFilled(table)) filled.push(table.name);
  if (filled.length > 0) {
    throw new MovingError(`The database is not empty (${filled.join(', ')}): an import needs a new one`);
  }
  let done = 0;
  const reading = readDump(file);
  for (;;) {
    const next = await reading.next();
    if (next.done === true) {
      await backend.endWriting(sql);
      return next.value.counts;
    }
    await insert(next.value);
    done += next.value.rows.length;
    progress({ table: next.value.table.name, done, total });
  }

  async function isFilled(table: DumpTable): Promise<boolean> {
    return table.name !== 'sequences' && (await backend.hasRows(sql, table));
  }

  async function insert({ table, rows, firstLine }: DumpedRows): Promise<void> {
    try {
      await backend.insert(sql, table, rows);
    } catch (error) {
      const lines = `lines ${firstLine} to ${firstLine + rows.length - 1}`;
      throw new MovingError(`${file}, ${lines}: the database does not take them: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** What the database itself has said; an error for a client says less. */
function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.cause === undefined) {
    const [detail] = (error.details ?? []) as { description?: string }[];
    if (detail?.description !== undefined) return detail.description;
  }
  const { cause, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<Error>;
  if (cause !== undefined) return reasonOf(cause);
  return message ?? String(error);
}
