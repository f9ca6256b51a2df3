import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { DRAFT_7 } from '../schemas/drafts.js';
import { metaSchemaOf } from '../schemas/meta-schemas.js';

const NAME = 'JsonSchema';

/**
 * What a JSON Schema is, as a component: the standard's own document, by which attributes that are schemas are checked,
 * with its references turned to where it now stands.
 */
export function jsonSchemaComponents(): JsonObject {
  const { definitions, properties, ...others } = metaSchemaOf(DRAFT_7).root;
  const all = Object.entries(isJsonObject(properties) ? properties : {});
  const isReserved = ([name]: [string, JsonValue]) => name.startsWith('$');
  const parts: JsonObject = {
    ...others,
    title: 'JSON Schema',
    description: 'A schema of draft 7.',
    properties: Object.fromEntries(all.filter((property) => !isReserved(property))),
    // Whoever follows references by looking for `$ref` would take a property of that name for one.
    patternProperties: Object.fromEntries(all.filter(isReserved).map(([name, schema]) => [`^\\${name}$`, schema])),
  };
  delete parts.$id;
  delete parts.$schema;
  delete parts.default;
  const named = Object.entries(isJsonObject(definitions) ? definitions : {});
  return turned({
    [NAME]: parts,
    ...Object.fromEntries(named.map(([name, schema]) => [componentOf(name), schema])),
  }) as JsonObject;
}

/** `simpleTypes` → `JsonSchemaSimpleTypes`. */
function componentOf(definition: string): string {
  return NAME + definition.charAt(0).toUpperCase() + definition.slice(1);
}

function turned(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(turned);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === '$ref' ? turnedReference(inner) : turned(inner)]),
  );
}

function turnedReference(reference: JsonValue): string {
  const [, definition] = /^#\/definitions\/(.+)$/.exec(typeof reference === 'string' ? reference : '') ?? [];
  return `#/components/schemas/${definition === undefined ? NAME : componentOf(definition)}`;
}
