import type { ErrorDetail } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { bodyProblem, pythonText } from '../write-body.js';
import { DRAFT_7, type Draft } from './drafts.js';
import { UnusableSchema, type Failure } from './failure.js';
import { LinearPatterns } from './linear-patterns.js';
import { metaSchemaOf } from './meta-schemas.js';
import { SchemaWalk } from './schema-walk.js';
import { StepBudget } from './step-budget.js';

/** One for the process: the same patterns are met when a schema is saved and when it is applied. */
export const patterns = new LinearPatterns();

/**
 * The attributes that must be schemas, of those that are there: always checked, also where no object is validated, and
 * always as draft 7 (kinto-api.md, 11.1).
 *
 * @param names e.g. `schema`
 * @param prefix before the names in the problems
 */
export function schemaProblems(value: JsonObject, names: readonly string[], prefix: string): ErrorDetail[] {
  return names.flatMap((name) => {
    const schema = value[name];
    if (schema === undefined) return [];
    const problem = isJsonObject(schema) ? problemOfSchema(schema, DRAFT_7) : notMapping(schema);
    return problem === undefined ? [] : [bodyProblem(prefix + name, problem)];
  });
}

/** What is wrong with a schema: the offending keyword, immediately followed by what is said of its value. */
export function problemOfSchema(schema: JsonObject, draft: Draft): string | undefined {
  const meta = metaSchemaOf(draft);
  let failure: Failure | undefined;
  try {
    const walk = new SchemaWalk(new StepBudget(), patterns);
    failure = walk.descend(schema, meta.root, { resource: meta, outer: undefined });
  } catch (error) {
    if (error instanceof UnusableSchema) return error.message;
    throw error;
  }
  return failure === undefined ? undefined : `${failure.path.at(-1) ?? ''}${failure.message}`;
}

function notMapping(value: JsonValue): string {
  const shown = typeof value === 'string' ? value : pythonText(value);
  return `"${shown}" is not a mapping type: Does not implement dict-like functionality.`;
}
