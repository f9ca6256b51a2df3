import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { rememberSuccess } from '../../wire/remember-success.js';

/** One of the API's operations, as its OpenAPI document has it. */
export interface Operation {
  readonly id: string;
  /** Upper case. */
  readonly method: string;
  /** Without the version prefix, with `{names}`. */
  readonly template: string;
  /** Whether its body is an object in `data`. */
  readonly takesData: boolean;
}

/** Every operation of the API, from its own document: what is not described there has no id. */
export class Operations {
  private readonly all: () => Promise<readonly Operation[]>;

  /** @param readDocument asked when the first command comes */
  constructor(readDocument: () => Promise<JsonObject>) {
    this.all = rememberSuccess(async () => operationsIn(await readDocument()));
  }

  async find(id: string): Promise<Operation | undefined> {
    return (await this.all()).find((operation) => operation.id === id);
  }

  /** What is asked for by this method on this path, which is without the version prefix. */
  async findAt(method: string, path: string): Promise<Operation | undefined> {
    const segments = path.split('/');
    return (await this.all()).find((operation) => operation.method === method && fits(operation.template, segments));
  }
}

function operationsIn(document: JsonObject): Operation[] {
  const operations: Operation[] = [];
  for (const [template, item] of Object.entries(document.paths as JsonObject)) {
    for (const [method, operation] of Object.entries(item as JsonObject)) {
      if (!isJsonObject(operation) || typeof operation.operationId !== 'string') continue;
      const takesData = hasData(operation.requestBody ?? null, document);
      operations.push({ id: operation.operationId, method: method.toUpperCase(), template, takesData });
    }
  }
  return operations;
}

function fits(template: string, segments: readonly string[]): boolean {
  const parts = template.split('/');
  return (
    parts.length === segments.length && parts.every((part, index) => part === segments[index] || part.startsWith('{'))
  );
}

/** Whether some form of the body has `data` among its properties. */
function hasData(value: JsonValue, document: JsonObject, depth = 0): boolean {
  // Deeper than that it is the form of the object itself, which may have a `data` of its own.
  if (depth > 5) return false;
  if (Array.isArray(value)) return value.some((each) => hasData(each, document, depth));
  if (!isJsonObject(value)) return false;
  const { $ref: reference, content, schema, properties, allOf, anyOf } = value;
  if (typeof reference === 'string') return hasData(resolve(reference, document), document, depth + 1);
  if (isJsonObject(properties) && 'data' in properties) return true;
  const media = isJsonObject(content) ? Object.values(content) : [];
  return [...media, schema, allOf, anyOf].some((inner) => inner !== undefined && hasData(inner, document, depth + 1));
}

function resolve(reference: string, document: JsonObject): JsonValue {
  const keys = reference.slice(2).split('/');
  return keys.reduce<JsonValue>((value, key) => (isJsonObject(value) ? (value[key] ?? null) : null), document);
}
