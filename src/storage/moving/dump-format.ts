import { DUMP_TABLES, namesOf, type DumpColumn, type DumpRow, type DumpTable } from './dump-tables.js';

/*
 * A dump is a text, one JSON value a line (docs/moving.md):
 *
 *   {"format":"kumocast dump","version":1}
 *   {"table":"objects","columns":["parent_id",…]}
 *   ["/buckets/b/collections/c","record","r",1700000000000,0,1,4711,"{\"answer\":42}"]
 *   …
 *   {"end":{"rows":1,"counts":{"objects":1},"sha256":"…"}}
 *
 * All tables are there, each once, in the order of DUMP_TABLES. The checksum is that of every byte before its line.
 */

/** Of the format and of the tables in it. */
export const DUMP_VERSION = 1;

const FORMAT = 'kumocast dump';

/** A database cannot be moved, or nothing can be moved into it. The message is one line for whoever asked. */
export class MovingError extends Error {
  override readonly name: string = 'MovingError';
}

/** It is the file's fault: it is no dump, not a whole one, or there already. */
export class DumpError extends MovingError {
  override readonly name = 'DumpError';
}

/** What the last line says. */
export interface DumpEnd {
  readonly rows: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly sha256: string;
}

export function headerLine(): string {
  return `${JSON.stringify({ format: FORMAT, version: DUMP_VERSION })}\n`;
}

export function tableLine(table: DumpTable): string {
  return `${JSON.stringify({ table: table.name, columns: namesOf(table) })}\n`;
}

export function rowLine(row: DumpRow): string {
  return `${JSON.stringify(row)}\n`;
}

export function endLine(end: DumpEnd): string {
  return `${JSON.stringify({ end })}\n`;
}

/** @throws DumpError when it is no dump of this version */
export function ensureHeader(line: string | undefined): void {
  const header = line === undefined ? undefined : objectIn(line);
  if (header?.format !== FORMAT) throw new DumpError('it is no dump of kumocast');
  if (header.version === DUMP_VERSION) return;
  throw new DumpError(`it is a dump of version ${String(header.version)}; this kumocast reads version ${DUMP_VERSION}`);
}

/** Whether it can be nothing but the last line. */
export function isEndLine(line: string): boolean {
  return line.startsWith('{"end":');
}

/** @throws DumpError */
export function endIn(line: string): DumpEnd {
  const end = objectIn(line)?.end as Partial<DumpEnd> | null | undefined;
  if (typeof end?.rows === 'number' && typeof end.sha256 === 'string' && typeof end.counts === 'object') {
    return { rows: end.rows, counts: end.counts ?? {}, sha256: end.sha256 };
  }
  throw new DumpError('its last line is damaged');
}

/**
 * @param index how many tables came before it
 * @throws DumpError when the line is not that of the table that comes then
 */
export function ensureTable(line: string, index: number): DumpTable {
  const expected = DUMP_TABLES[index];
  if (expected !== undefined && `${line}\n` === tableLine(expected)) return expected;
  throw new DumpError(`expected the table ${expected?.name ?? 'that there is none of'}`);
}

/** @throws DumpError when the line is no row of the table */
export function rowIn(line: string, { name, columns }: DumpTable): DumpRow {
  const row = valueIn(line);
  if (Array.isArray(row) && row.length === columns.length && columns.every((column, at) => fits(row[at], column))) {
    return row as DumpRow;
  }
  throw new DumpError(`it is no row of ${name}`);
}

export function fits(value: unknown, { kind, nullable }: DumpColumn): boolean {
  if (value === null) return nullable;
  return kind === 'integer' ? Number.isSafeInteger(value) : typeof value === 'string';
}

function objectIn(line: string): Record<string, unknown> | undefined {
  const value = valueIn(line);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function valueIn(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
