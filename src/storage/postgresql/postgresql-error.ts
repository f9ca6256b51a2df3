import pg from 'pg';
import { ApiError, invalidParameters } from '../../wire/api-error.js';

/** What was written must be undone for somebody else's sake; running it again helps. Never leaves the storage. */
export class RunAgain extends Error {
  override readonly name: string = 'RunAgain';
}

/** The unit must run again, and not among units of other lists. */
export class NeedsOwnTransaction extends RunAgain {
  override readonly name = 'NeedsOwnTransaction';
}

/** serialization_failure, deadlock_detected, lock_not_available. */
const RUN_AGAIN = new Set(['40001', '40P01', '55P03']);

/** What a text or a number may be in JSON and cannot be in a column: NUL, half a surrogate pair, out of range. */
const UNSTORABLE = new Set(['22003', '22007', '22008', '22021', '22P02', '22P05']);

/** The five characters of SQLSTATE; `undefined` when the error is not one of the server's. */
export function findSqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** The error of a statement in the words of the rooms above (kinto-api.md, 16.5). */
export function inOurWords(error: unknown): Error {
  const state = findSqlState(error);
  if (state === undefined) return new ApiError('BACKEND', { cause: error });
  if (RUN_AGAIN.has(state)) return new RunAgain('the database asks to run the unit again', { cause: error });
  if (state.startsWith('23')) return new ApiError('CONSTRAINT_VIOLATED', { cause: error });
  if (UNSTORABLE.has(state)) {
    const { message } = error as Error;
    return invalidParameters([
      { location: 'body', name: null, description: `The database cannot keep it: ${message}` },
    ]);
  }
  return new ApiError('BACKEND', { cause: error });
}

/** Whether the connection is of no use any more: gone, or about to go with the server. */
export function isLost(error: unknown): boolean {
  const state = findSqlState(error);
  return state === undefined || state.startsWith('08') || state.startsWith('57P');
}
