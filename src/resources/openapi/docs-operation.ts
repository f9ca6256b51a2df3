import { JSON_TYPE } from '../api-message.js';
import { isJsonObject, type JsonObject } from '../../wire/json.js';
import { contentOf, text, type ShownOperation } from './docs-parts.js';
import type { SchemaPrinter } from './docs-schema.js';
import { tryPart } from './docs-try.js';
import { markup, prose, type Html } from './markup.js';

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

const REQUIRED = markup` <span class="required">required</span>`;

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
          const values = printer.valuesOf(parameter.schema);
          return markup`<tr>
            <th scope="row"><code>${text(parameter.name)}</code></th>
            <td>${text(parameter.in)}</td>
            <td>
              ${prose(text(parameter.description))}${
                parameter.required === true && parameter.in !== 'path' ? REQUIRED : undefined
              }${parameter.deprecated === true ? ' Deprecated.' : undefined}${
                values === undefined ? undefined : markup` <code class="pattern">${values}</code>`
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
    ${groupedByBody(successes).map(({ content, answers }) => {
      return markup`<div class="answer">${answers.map(answerLine)} ${contentPart(content, printer)}</div>`;
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

function answerLine({ status, response }: ShownAnswer): Html {
  const names = Object.keys(isJsonObject(response.headers) ? response.headers : {});
  return markup`<p>
    <b class="status">${status}</b> ${prose(text(response.description))}
    ${
      names.length === 0
        ? undefined
        : markup`<span class="headers">With ${names.map((name) => markup`<code>${name}</code> `)}</span>`
    }
  </p>`;
}

/** JSON goes without saying. */
function contentPart(content: readonly [string, JsonObject][], printer: SchemaPrinter): Html | undefined {
  const [[first, media] = []] = content;
  if (first === undefined || media === undefined) return undefined;
  if (first === JSON_TYPE) return printer.print(media.schema);
  return markup`<p class="media">${content.map(([type]) => markup`<code>${type}</code> `)}</p>`;
}

interface ShownAnswer {
  readonly status: string;
  readonly response: JsonObject;
}

interface AnswerGroup {
  readonly content: readonly [string, JsonObject][];
  readonly answers: ShownAnswer[];
}

/** Answers with the same body, together. */
function groupedByBody(answers: readonly ShownAnswer[]): AnswerGroup[] {
  const groups = new Map<string, AnswerGroup>();
  for (const answer of answers) {
    const content = contentOf(answer.response);
    const key = JSON.stringify(content);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { content, answers: [answer] });
    else group.answers.push(answer);
  }
  return [...groups.values()];
}
