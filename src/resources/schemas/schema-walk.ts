import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { Keywords } from './drafts.js';
import { Failure, UnusableSchema } from './failure.js';
import type { LinearPatterns } from './linear-patterns.js';
import { pythonRepr } from './python-repr.js';
import type { SchemaResource } from './schema-resource.js';
import type { StepBudget } from './step-budget.js';

/** Where in which documents the walk is: references are resolved against it. */
export interface Scope {
  readonly resource: SchemaResource;
  /** The one it was entered from, for `$dynamicRef`. */
  readonly outer: Scope | undefined;
}

/** What a keyword is told besides its own value and the value it is applied to. */
export interface KeywordContext {
  /** The schema it stands in. */
  readonly schema: JsonObject;
  readonly scope: Scope;
  readonly walk: SchemaWalk;
}

/** Applies one keyword. @returns the first reason why the value is not valid. @throws UnusableSchema */
export type Keyword = (value: JsonValue, instance: JsonValue, context: KeywordContext) => Failure | undefined;

/**
 * Checks one value against a schema and finds what Kinto's library finds first: keywords in the order they are
 * written, depth first (kinto-api.md, 11.2).
 *
 * Schemas are walked and not compiled. They come from users, and code made of them could neither be interrupted nor
 * be trusted; here every step is counted.
 */
export class SchemaWalk {
  constructor(
    readonly budget: StepBudget,
    readonly patterns: LinearPatterns,
  ) {}

  /**
   * @param path where the instance is in the one above; nothing where it is the same
   * @throws UnusableSchema
   */
  descend(instance: JsonValue, schema: JsonValue, scope: Scope, path?: string | number): Failure | undefined {
    if (schema === true) return undefined;
    if (schema === false)
      return new Failure(() => `False schema does not allow ${pythonRepr(instance)}`, { isByFalse: true });
    if (!isJsonObject(schema)) throw new UnusableSchema(`${pythonRepr(schema)} is not a schema`);
    this.budget.descend();
    const failure = this.apply(instance, schema, entered(schema, scope));
    this.budget.ascend();
    if (failure !== undefined && path !== undefined) failure.path.unshift(path);
    return failure;
  }

  /** Whether the instance is valid under a schema of the same place. */
  isValid(instance: JsonValue, schema: JsonValue, scope: Scope): boolean {
    return this.descend(instance, schema, scope) === undefined;
  }

  private apply(instance: JsonValue, schema: JsonObject, scope: Scope): Failure | undefined {
    const { keywords, refStandsAlone } = scope.resource.draft;
    if (refStandsAlone && schema.$ref !== undefined) return this.applyOne('$ref', keywords, instance, schema, scope);
    for (const keyword of Object.keys(schema)) {
      const failure = this.applyOne(keyword, keywords, instance, schema, scope);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  private applyOne(
    name: string,
    keywords: Keywords,
    instance: JsonValue,
    schema: JsonObject,
    scope: Scope,
  ): Failure | undefined {
    const keyword = keywords.get(name);
    if (keyword === undefined) return undefined;
    this.budget.spend(1);
    const value = schema[name]!;
    const failure = keyword(value, instance, { schema, scope, walk: this });
    failure?.passing(name, value);
    return failure;
  }
}

/** A schema with an `$id` of its own is another resource. */
export function entered(schema: JsonObject, scope: Scope): Scope {
  const resource = scope.resource.document.findResource(schema);
  return resource === undefined || resource === scope.resource ? scope : { resource, outer: scope };
}
