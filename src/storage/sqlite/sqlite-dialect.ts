import type { JsonValue } from '../../wire/json.js';
import { fieldCondition, fragment, jsonPath } from '../query-conditions.js';
import { QUERY_FUNCTIONS } from '../query-functions.js';
import { orderKey } from '../query-order-key.js';
import type { SqlDialect } from '../sql-dialect.js';
import { DESCRIBE_URI } from '../uri-function.js';

/** What SQLite cannot say by itself it asks the functions for that each connection is given. */
export const SQLITE: SqlDialect = {
  clock: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
  moment: (ms) => ms,
  isOneOf: (expression, values) =>
    fragment(`${expression} IN (SELECT value FROM json_each(?))`, JSON.stringify(values)),
  columnLike: (column, _kind, pattern) => fragment(`${QUERY_FUNCTIONS.like}(json_quote(${column}), ?)`, pattern),
  fieldCondition: (filter, path) => fieldCondition(filter, jsonPath(path)),
  fieldOrder: (path) => {
    const expression = fragment(`${QUERY_FUNCTIONS.orderKey}(data -> ?)`, jsonPath(path));
    return {
      expression,
      compare: (sign: string, value: JsonValue | undefined) =>
        fragment(`${expression.text} ${sign} ?`, ...expression.parameters, orderKey(value)),
    };
  },
  describeUri: (expression, shapes) => fragment(`${DESCRIBE_URI}(${expression}, ?)`, JSON.stringify(shapes)),
  bytewise: (column) => column,
};
