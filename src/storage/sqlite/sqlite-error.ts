/** The code of an error that SQLite gave, e.g. `SQLITE_BUSY`; `undefined` for any other error. */
export function findSqliteCode(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}
