import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { SchemaPrinter } from './docs-schema.js';
import { markup, prose, type Html } from './markup.js';

/** One operation of the document, and where it stands. */
export interface ShownOperation {
  readonly path: string;
  /** Upper case. */
  readonly method: string;
  readonly operation: JsonObject;
  /** Of the operation and of its path, references resolved. */
  readonly parameters: readonly JsonObject[];
}

/** A closed box that opens on what there is to know of an operation, with a form to try it. */
export function operationBox(shown: ShownOperation, printer: SchemaPrinter): Html {
  const { path, method, operation } = shown;
  const { description } = operation;
  return markup`<details class="operation" id="${text(operation.operationId)}">
    <summary>
      <span class="method ${method.toLowerCase()}">${method}</span> <code class="path">${path}</code>
      <span class="about">${prose(text(operation.summary))}</span>
    </summary>
    <div class="inside">
      ${typeof description === 'string' ? markup`<p>${prose(description)}</p>` : undefined}
      ${parametersPart(shown.parameters, printer)} ${bodyPart(operation, printer)} ${responsesPart(operation, printer)}
      ${tryPart(shown, printer)}
    </div>
  </details>`;
}

function parametersPart(parameters: readonly JsonObject[], printer: SchemaPrinter): Html | undefined {
  if (parameters.length === 0) return undefined;
  return markup`<h4>Parameters</h4>
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">In</th>
          <th scope="col">What it is for</th>
        </tr>
      </thead>
      <tbody>
        ${parameters.map((parameter) => {
          const pattern = printer.resolve(parameter.schema).pattern;
          return markup`<tr>
            <th scope="row"><code>${text(parameter.name)}</code></th>
            <td>${text(parameter.in)}</td>
            <td>
              ${prose(text(parameter.description))}${parameter.deprecated === true ? ' Deprecated.' : undefined}${
                typeof pattern === 'string' ? markup` <code class="pattern">${pattern}</code>` : undefined
              }
            </td>
          </tr>`;
        })}
      </tbody>
    </table>`;
}

function bodyPart(operation: JsonObject, printer: SchemaPrinter): Html | undefined {
  const content = contentOf(operation.requestBody);
  if (content.length === 0) return undefined;
  const groups = new Map<string, string[]>();
  for (const [type, media] of content) {
    const key = JSON.stringify(media);
    groups.set(key, [...(groups.get(key) ?? []), type]);
  }
  return markup`<h4>Body</h4>
    ${[...groups].map(([media, types]) => {
      const { schema } = JSON.parse(media) as JsonObject;
      return markup`<p class="media">${types.map((type) => markup`<code>${type}</code> `)}</p>
        ${printer.print(schema)}`;
    })}`;
}

function responsesPart(operation: JsonObject, printer: SchemaPrinter): Html {
  const responses = Object.entries(operation.responses as JsonObject).map(([status, response]) => {
    return { status, response: printer.resolve(response), isError: status === 'default' || Number(status) >= 400 };
  });
  const successes = responses.filter(({ isError }) => !isError);
  const errors = responses.filter(({ isError }) => isError);
  return markup`<h4>Answers</h4>
    ${groupedByBody(successes).map(({ media, answers }) => {
      return markup`<div class="answer">
        ${answers.map(
          ({ status, response }) => markup`<p><b class="status">${status}</b> ${prose(text(response.description))}</p>`,
        )}
        ${media === undefined ? undefined : printer.print(media.schema)}
      </div>`;
    })}
    <details class="errors">
      <summary>${errors.length} kinds of refusal</summary>
      <ul>
        ${errors.map(({ status, response }) => {
          return markup`<li>
            <b class="status">${status === 'default' ? 'any' : status}</b> ${prose(text(response.description))}
          </li>`;
        })}
      </ul>
      <p>Each has the form of <a href="#errors">an error</a>.</p>
    </details>`;
}

interface ShownAnswer {
  readonly status: string;
  readonly response: JsonObject;
}

/** Answers with the same body, together. */
function groupedByBody(answers: readonly ShownAnswer[]): { media: JsonObject | undefined; answers: ShownAnswer[] }[] {
  const groups = new Map<string, { media: JsonObject | undefined; answers: ShownAnswer[] }>();
  for (const answer of answers) {
    const [[, media] = []] = contentOf(answer.response);
    const key = JSON.stringify(media ?? null);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { media, answers: [answer] });
    else group.answers.push(answer);
  }
  return [...groups.values()];
}

function tryPart({ path, method, operation, parameters }: ShownOperation, printer: SchemaPrinter): Html {
  const content = contentOf(operation.requestBody);
  const [[, media] = []] = content;
  const id = text(operation.operationId);
  const fields = parameters.filter(({ name }) => name !== 'filters');
  return markup`<h4>Try it</h4>
    <form class="try" data-method="${method}" data-path="${path}">
      ${fields.map((parameter) => field(id, parameter))}
      ${parameters.length === fields.length ? undefined : freeField(id)}
      ${
        content.length < 2
          ? undefined
          : typeField(
              id,
              content.map(([type]) => type),
            )
      }
      ${media === undefined ? undefined : bodyField(id, JSON.stringify(printer.exampleOf(media.schema), null, 2))}
      <div class="command">
        <pre tabindex="0" aria-label="curl command"><code></code></pre>
        <button type="button" class="copy">Copy</button>
      </div>
      <p><button type="submit">Send ${method}</button></p>
      <output aria-live="polite"></output>
    </form>`;
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

/** The media types, each with what is said of it. */
function contentOf(part: JsonValue | undefined): [string, JsonObject][] {
  const content = isJsonObject(part) && isJsonObject(part.content) ? part.content : {};
  return Object.entries(content) as [string, JsonObject][];
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
