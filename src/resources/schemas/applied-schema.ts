import { ApiError } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { draftOf } from './drafts.js';
import { UnusableSchema, type Failure } from './failure.js';
import { findMetaSchema } from './meta-schemas.js';
import { patterns, problemOfSchema } from './schema-check.js';
import { SchemaDocument } from './schema-document.js';
import { SchemaWalk } from './schema-walk.js';
import { StepBudget } from './step-budget.js';

/** A schema as it is applied to objects: what of them it does not see, and what it cannot require (11.2). */
export class AppliedSchema {
  private readonly hidden: ReadonlySet<string>;
  /** Or why it cannot be applied at all: what was saved as draft 7 need not be valid in the draft it is read in. */
  private readonly document: SchemaDocument | { readonly problem: string };

  /** @param internal the attributes that the server sets; the id is one of them unless the schema speaks of it */
  constructor(schema: JsonObject, internal: readonly string[]) {
    const isAboutId = isJsonObject(schema.properties) && Object.hasOwn(schema.properties, 'id');
    this.hidden = new Set(isAboutId ? internal : [...internal, 'id']);
    const visible = this.withoutHidden(schema);
    const problem = problemOfSchema(visible, draftOf(visible.$schema));
    this.document = problem === undefined ? new SchemaDocument(visible, findMetaSchema) : { problem };
  }

  /** @throws ApiError 400 with the first reason */
  ensureValid(value: JsonObject): void {
    if ('problem' in this.document) throw refusal('schema', this.document.problem);
    const visible = Object.fromEntries(Object.entries(value).filter(([name]) => !this.hidden.has(name)));
    const { root } = this.document;
    let failure: Failure | undefined;
    try {
      const walk = new SchemaWalk(new StepBudget(), patterns);
      failure = walk.descend(visible, root.root, { resource: root, outer: undefined });
    } catch (error) {
      if (error instanceof UnusableSchema) throw refusal('schema', error.message);
      throw error;
    }
    if (failure !== undefined) throw refusal(nameOf(failure), failure.message);
  }

  private withoutHidden(schema: JsonObject): JsonObject {
    const { required, ...others } = schema;
    if (!Array.isArray(required)) return schema;
    const visible = required.filter((name) => typeof name !== 'string' || !this.hidden.has(name));
    return visible.length === 0 ? others : { ...schema, required: visible };
  }
}

/** The name in the error's detail, as Kinto finds it: a list's index is a number (kinto-api.md, 11.3). */
function nameOf({ path, keyword = 'schema', keywordValue }: Failure): string | number {
  const last = path.at(-1) ?? lastOf(keywordValue);
  return typeof last === 'string' || typeof last === 'number' ? last : keyword;
}

function lastOf(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value === 'string') return [...value].at(-1);
  return Array.isArray(value) ? value.at(-1) : undefined;
}

function refusal(name: string | number, description: string): ApiError {
  return new ApiError('INVALID_PARAMETERS', {
    message: description.includes(String(name)) ? description : `${name} in body: ${description}`,
    details: [{ location: 'body', name, description }],
  });
}
