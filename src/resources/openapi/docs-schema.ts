import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { markup, prose, type Html } from './markup.js';
import type { JsonSchema } from './operation.js';

/** How deep a schema is shown: none of ours goes deeper. */
const MAX_DEPTH = 8;

/** Shows the schemas of one document. */
export class SchemaPrinter {
  constructor(private readonly document: JsonObject) {}

  /** What the reference points at, or the value itself. */
  resolve(value: JsonValue | undefined): JsonObject {
    if (!isJsonObject(value)) return {};
    const { $ref: reference } = value;
    if (typeof reference !== 'string') return value;
    const found = reference
      .slice('#/'.length)
      .split('/')
      .reduce(childOf, this.document as JsonValue | undefined);
    return this.resolve(found);
  }

  /** The members of an object, or what a value is. */
  print(schema: JsonValue | undefined, depth = 0): Html {
    const resolved = this.merged(schema);
    const members = Object.entries(propertiesOf(resolved));
    if (members.length === 0 || isKnownByName(resolved) || depth > MAX_DEPTH) {
      const isList = resolved.type === 'array' && depth <= MAX_DEPTH;
      const below = isList ? this.belowOf(resolved) : undefined;
      const shown = below === undefined ? undefined : this.print(below, depth + 1);
      return markup`<p class="type">${this.kindOf(resolved)}</p>
        ${shown}`;
    }
    const required = Array.isArray(resolved.required) ? resolved.required : [];
    return markup`<dl>
      ${members.map(([name, property]) => this.printMember(name, property, required.includes(name), depth))}
    </dl>`;
  }

  /** A value to begin with: what a client might send. */
  exampleOf(schema: JsonValue | undefined, depth = 0): JsonValue {
    const resolved = this.merged(schema);
    if (isKnownByName(resolved)) return {};
    if (resolved.const !== undefined) return resolved.const;
    if (Array.isArray(resolved.enum)) return resolved.enum[0] ?? null;
    if (resolved.type === 'array') return depth > 1 ? [] : this.exampleItems(resolved, depth);
    if (!isJsonObject(resolved.properties)) return resolved.type === 'string' ? '' : {};
    const required = Array.isArray(resolved.required) ? resolved.required : [];
    const members = Object.entries(resolved.properties).filter(([name]) => required.includes(name) || depth === 0);
    return Object.fromEntries(members.map(([name, property]) => [name, this.exampleOf(property, depth + 1)]));
  }

  private exampleItems({ items }: JsonObject, depth: number): JsonValue[] {
    return items === undefined ? [] : [this.exampleOf(items, depth + 1)];
  }

  private printMember(name: string, schema: JsonValue, isRequired: boolean, depth: number): Html {
    const resolved = this.merged(schema);
    const below = this.belowOf(resolved);
    const { description } = isJsonObject(schema) && schema.description !== undefined ? schema : resolved;
    return markup`<dt>
        <code>${name}</code> <span class="type">${this.kindOf(resolved)}</span>${
          isRequired ? markup` <span class="required">required</span>` : undefined
        }
      </dt>
      <dd>
        ${typeof description === 'string' ? markup`<p>${prose(description)}</p>` : undefined}${
          below === undefined ? undefined : this.print(below, depth + 1)
        }
      </dd>`;
  }

  /** The few values that a parameter can have, or what they look like. */
  valuesOf(schema: JsonValue | undefined): string | undefined {
    const { pattern, const: only, enum: several = only === undefined ? [] : [only] } = this.resolve(schema);
    const words = Array.isArray(several) ? several.filter((value) => typeof value === 'string') : [];
    if (words.length > 0) return words.join(' | ');
    return typeof pattern === 'string' ? pattern : undefined;
  }

  /** The schema with its own members, of a value or of the elements of a list. */
  private belowOf(schema: JsonObject): JsonSchema | undefined {
    const inner = schema.type === 'array' ? this.merged(firstOf(schema.items)) : schema;
    return isJsonObject(inner.properties) && !isKnownByName(inner) ? inner : undefined;
  }

  /** With what `allOf` adds, and of several forms the first. */
  private merged(schema: JsonValue | undefined): JsonObject {
    const resolved = this.resolve(schema);
    const parts = Array.isArray(resolved.allOf) ? resolved.allOf.map((part) => this.merged(part)) : [];
    // Beside members that there are in any case, the forms only tell which of them are needed.
    const isWhole = resolved.properties === undefined && parts.length === 0;
    const [first] = Array.isArray(resolved.anyOf) && isWhole ? resolved.anyOf : [];
    const chosen = first === undefined ? {} : this.merged(first);
    return [...parts, resolved].reduce(joined, chosen);
  }

  private kindOf(schema: JsonObject): string {
    if (isKnownByName(schema)) return schema.title;
    if (schema.contentMediaType !== undefined) return 'file';
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
    if (schema.type === 'array') return `list of ${this.kindOf(this.merged(firstOf(schema.items)))}`;
    if (Array.isArray(schema.anyOf)) {
      const kinds = schema.anyOf.map((part) => this.kindOf(this.merged(part))).filter((kind) => kind !== 'anything');
      if (kinds.length > 0) return [...new Set(kinds)].join(' | ');
    }
    const { type, pattern } = schema;
    const name = Array.isArray(type)
      ? type.map((each) => JSON.stringify(each).slice(1, -1)).join(' | ')
      : typeof type === 'string'
        ? type
        : 'anything';
    return typeof pattern === 'string' ? `${name} ${pattern}` : name;
  }
}

/** What has a title is not explained: JSON Schema is described by itself, and has no end. */
function isKnownByName(schema: JsonObject): schema is JsonObject & { readonly title: string } {
  return typeof schema.title === 'string';
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

/** Both of them; of members that both have, both. */
function joined(first: JsonObject, second: JsonObject): JsonObject {
  const properties: JsonObject = { ...propertiesOf(first) };
  for (const [name, property] of Object.entries(propertiesOf(second))) {
    const known = properties[name];
    properties[name] = known === undefined || known === property ? property : { allOf: [known, property] };
  }
  const required = [first.required, second.required].flatMap((names) => (Array.isArray(names) ? names : []));
  return {
    ...first,
    ...second,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
  };
}

function childOf(parent: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(parent) ? parent[key] : undefined;
}

/** Of elements that may have one of several forms, the first. */
function firstOf(items: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(items) && Array.isArray(items.anyOf) ? items.anyOf[0] : items;
}
