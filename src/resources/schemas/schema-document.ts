import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { draftOf, type Draft } from './drafts.js';
import { UnusableSchema } from './failure.js';
import { pythonRepr } from './python-repr.js';
import { schemasIn, SchemaResource } from './schema-resource.js';
import type { Scope } from './schema-walk.js';

/** The URI of a schema that does not say its own: there must be one to resolve references against. */
const NAMELESS = 'schema://nameless/';

/** One JSON document with a schema, and what can be referred to in it. Nothing is ever fetched. */
export class SchemaDocument {
  readonly root: SchemaResource;
  private readonly byUri = new Map<string, SchemaResource>();
  private readonly byRoot = new Map<JsonObject, SchemaResource>();

  /** @param elsewhere documents that everybody may refer to: the meta-schemas */
  constructor(
    schema: JsonObject,
    private readonly elsewhere: (uri: string) => SchemaResource | undefined,
    draft: Draft = draftOf(schema.$schema),
  ) {
    this.root = new SchemaResource(this, schema, ownUri(schema, draft, NAMELESS) ?? NAMELESS, draft);
    this.keep(this.root);
    this.byUri.set(NAMELESS, this.root);
    this.collect(schema, this.root);
  }

  /** The resource whose root this very schema is. */
  findResource(schema: JsonObject): SchemaResource | undefined {
    return this.byRoot.get(schema);
  }

  /** @throws UnusableSchema when it leads nowhere */
  resolve(reference: string, scope: Scope): { schema: JsonValue; scope: Scope } {
    const hash = reference.indexOf('#');
    const uri = hash === -1 ? reference : reference.slice(0, hash);
    const fragment = hash === -1 ? '' : reference.slice(hash + 1);
    const resource = uri === '' ? scope.resource : this.getResource(uri, scope.resource.uri);
    if (fragment !== '' && !fragment.startsWith('/')) return anchored(fragment, resource, scope);
    return pointed(fragment, resource, scope);
  }

  private getResource(uri: string, base: string): SchemaResource {
    const whole = absoluteUri(uri, base);
    const found = whole === undefined ? undefined : (this.byUri.get(whole) ?? this.elsewhere(whole));
    if (found !== undefined) return found;
    throw new UnusableSchema(`Unresolvable: ${(whole ?? uri).replace(NAMELESS, '')}`);
  }

  private keep(resource: SchemaResource): void {
    this.byUri.set(resource.uri, resource);
    this.byRoot.set(resource.root, resource);
  }

  /** Finds the resources and anchors below. */
  private collect(schema: JsonObject, outer: SchemaResource): void {
    const resource = schema === outer.root ? outer : this.opened(schema, outer);
    const { anchorKeywords } = resource.draft;
    for (const keyword of anchorKeywords) {
      const name = schema[keyword];
      if (typeof name !== 'string' || (keyword === '$id' && !name.startsWith('#'))) continue;
      resource.anchors.set(keyword === '$id' ? name.slice(1) : name, schema);
      if (keyword === '$dynamicAnchor') resource.dynamicAnchors.add(name);
    }
    for (const inner of schemasIn(schema)) this.collect(inner, resource);
  }

  private opened(schema: JsonObject, outer: SchemaResource): SchemaResource {
    const draft = typeof schema.$schema === 'string' ? draftOf(schema.$schema, outer.draft) : outer.draft;
    const uri = ownUri(schema, draft, outer.uri);
    if (uri === undefined) return outer;
    const resource = new SchemaResource(this, schema, uri, draft);
    this.keep(resource);
    return resource;
  }
}

function ownUri(schema: JsonObject, { idKeyword, refStandsAlone }: Draft, base: string): string | undefined {
  const id = schema[idKeyword];
  if (typeof id !== 'string' || id.startsWith('#') || (refStandsAlone && schema.$ref !== undefined)) return undefined;
  return absoluteUri(id, base);
}

function absoluteUri(uri: string, base: string): string | undefined {
  const [, withoutFragment = ''] = /^([^#]*)/.exec(uri) ?? [];
  return URL.canParse(withoutFragment, base) ? new URL(withoutFragment, base).href : undefined;
}

function within(resource: SchemaResource, scope: Scope): Scope {
  return resource === scope.resource ? scope : { resource, outer: scope };
}

/** What a name marks; what a dynamic one marks is decided by the outermost resource that has it. */
function anchored(name: string, resource: SchemaResource, scope: Scope): { schema: JsonValue; scope: Scope } {
  let found = resource;
  if (resource.dynamicAnchors.has(name)) {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.resource.dynamicAnchors.has(name)) found = at.resource;
    }
  }
  const schema = found.anchors.get(name);
  if (schema !== undefined) return { schema, scope: within(found, scope) };
  throw new UnusableSchema(`NoSuchAnchor: ${pythonRepr(name)} does not exist within ${pythonRepr(resource.root)}`);
}

function pointed(pointer: string, resource: SchemaResource, scope: Scope): { schema: JsonValue; scope: Scope } {
  let schema: JsonValue = resource.root;
  let owner = resource;
  for (const token of pointer.split('/').slice(1)) {
    const key = decoded(token).replaceAll('~1', '/').replaceAll('~0', '~');
    const next: JsonValue | undefined = childOf(schema, key);
    if (next === undefined) {
      const missing = pythonRepr(decoded(pointer));
      throw new UnusableSchema(`PointerToNowhere: ${missing} does not exist within ${pythonRepr(resource.root)}`);
    }
    schema = next;
    if (isJsonObject(schema)) owner = owner.document.findResource(schema) ?? owner;
  }
  return { schema, scope: within(owner, scope) };
}

function childOf(value: JsonValue, key: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
