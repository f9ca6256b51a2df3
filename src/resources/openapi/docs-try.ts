import type { JsonObject, JsonValue } from '../../wire/json.js';
import { contentOf, text, type ShownOperation } from './docs-parts.js';
import type { SchemaPrinter } from './docs-schema.js';
import { markup, type Html } from './markup.js';
import { FORM_TYPE } from './operation-object.js';

/** A form with a field for all that an operation takes. */
export function tryPart({ path, method, operation, parameters }: ShownOperation, printer: SchemaPrinter): Html {
  const id = text(operation.operationId);
  const fields = parameters.filter(({ name }) => name !== 'filters');
  return markup`<h4>Try it</h4>
    <form class="try" data-method="${method}" data-path="${path}">
      ${fields.map((parameter) => field(id, parameter))}
      ${parameters.length === fields.length ? undefined : freeField(id)} ${bodyFields(id, operation, printer)}
      <div class="command">
        <pre tabindex="0" aria-label="curl command"><code></code></pre>
        <button type="button" class="copy">Copy</button>
      </div>
      ${leadsElsewhere(operation) ? undefined : markup`<p><button type="submit">Send ${method}</button></p>`}
      <output aria-live="polite"></output>
    </form>`;
}

/** A redirect is for the browser to follow: a script cannot see where it leads. */
function leadsElsewhere({ responses }: JsonObject): boolean {
  return !Object.keys(responses as JsonObject).some((status) => status.startsWith('2'));
}

function field(id: string, parameter: JsonObject): Html {
  const [name, place] = [text(parameter.name), text(parameter.in)];
  const required = parameter.required === true ? markup` required` : undefined;
  return markup`<label for="${id}.${place}.${name}"><code>${name}</code></label>
    <input
      id="${id}.${place}.${name}"
      name="${name}"
      data-in="${place}"
      autocomplete="off"
      spellcheck="false"
      ${required}
    />`;
}

function freeField(id: string): Html {
  return markup`<label for="${id}.filters">filters</label>
    <input
      id="${id}.filters"
      data-in="filters"
      placeholder="min_age=18&amp;has_name=true"
      autocomplete="off"
      spellcheck="false"
    />`;
}

function bodyFields(id: string, { requestBody }: JsonObject, printer: SchemaPrinter): Html[] {
  const content = contentOf(requestBody);
  const [[type, media] = []] = content;
  if (media === undefined) return [];
  if (type === FORM_TYPE) {
    const { properties, required } = printer.resolve(media.schema);
    return Object.entries(printer.resolve(properties)).flatMap(([name, schema]) => {
      return partField(id, name, { schema: printer.resolve(schema), required });
    });
  }
  const example = JSON.stringify(printer.exampleOf(media.schema), null, 2);
  const types = content.map(([each]) => each);
  return [...(types.length < 2 ? [] : [typeField(id, types)]), bodyField(id, example)];
}

/** A part of a form: a file, or JSON. */
function partField(
  id: string,
  name: string,
  { schema, required }: { schema: JsonObject; required: JsonValue | undefined },
): Html[] {
  const isRequired = Array.isArray(required) && required.includes(name) ? markup` required` : undefined;
  const label = markup`<label for="${id}.form.${name}"><code>${name}</code></label>`;
  if (schema.contentMediaType !== undefined) {
    return [label, markup`<input id="${id}.form.${name}" name="${name}" type="file" data-in="form" ${isRequired} />`];
  }
  return [
    label,
    markup`<textarea
      id="${id}.form.${name}"
      name="${name}"
      data-in="form"
      rows="2"
      placeholder="{}"
      spellcheck="false"
      ${isRequired}
    ></textarea>`,
  ];
}

function typeField(id: string, types: readonly string[]): Html {
  return markup`<label for="${id}.type">Content-Type</label>
    <select id="${id}.type" data-in="type">
      ${types.map((type) => markup`<option>${type}</option>`)}
    </select>`;
}

function bodyField(id: string, example: string): Html {
  return markup`<label for="${id}.body">body</label>
    <textarea id="${id}.body" data-in="body" rows="${Math.min(12, example.split('\n').length + 1)}" spellcheck="false">
${example}</textarea>`;
}
