import pg from 'pg';
import { fromTimestamp } from './timestamps.js';

const { builtins } = pg.types;

/** A whole string, or what stands between values: jsonb is told with a space behind it. */
const STRING_OR_SPACE = /"[^"\\]*(?:\\.[^"\\]*)*"|([:,]) /g;

/** Compact, as everybody else writes JSON: the length of an object is what a quota counts. */
function compact(json: string): string {
  return json.includes(' ')
    ? json.replace(STRING_OR_SPACE, (found, between: string | undefined) => between ?? found)
    : json;
}

/** Columns come back as they do from SQLite, so that nobody above has to know which database it was. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [builtins.BOOL, (text) => (text === 't' ? 1 : 0)],
  [builtins.TIMESTAMP, fromTimestamp],
  [builtins.JSONB, compact],
  // A number that an id or a count reaches is far below 2^53.
  [builtins.INT8, Number],
  [builtins.INT4, Number],
  [builtins.INT2, Number],
  [builtins.NUMERIC, Number],
]);

const asText = (text: string): unknown => text;

export const COLUMN_VALUES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => PARSERS.get(oid) ?? asText,
};
