import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { operationBox } from './docs-operation.js';
import type { ShownOperation } from './docs-parts.js';
import { SchemaPrinter } from './docs-schema.js';
import { DOCS_SCRIPT } from './docs-script.js';
import { DOCS_STYLE } from './docs-style.js';
import { Html, markup, prose } from './markup.js';

/** The document as a page for people, whole: nothing of it comes from elsewhere. */
export function docsPage(document: JsonObject): string {
  const printer = new SchemaPrinter(document);
  const info = printer.resolve(document.info);
  const [title, version] = [wordOf(info.title), wordOf(info.version)];
  const server = printer.resolve(Array.isArray(document.servers) ? document.servers[0] : undefined);
  const groups = groupsOf(document, printer);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}: the HTTP API</title>
        <style>${new Html(DOCS_STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the operations</a>
        <header>
          <div>
            <h1>${title}</h1>
            <p>HTTP API ${version} &middot; <a href="../__api__">OpenAPI document</a></p>
          </div>
          ${loginForm(document)}
        </header>
        <div class="columns">
          <nav aria-label="Operations">
            <label for="filter">Find <kbd>/</kbd></label>
            <input id="filter" type="search" placeholder="GET records" autocomplete="off" spellcheck="false" />
            ${groups.map(
              ({ tag, operations }) =>
                markup`<section>
                  <h2><a href="#tag-${tag}">${tag}</a></h2>
                  <ul>
                    ${operations.map(
                      ({ method, path, operation }) =>
                        markup`<li>
                          <a href="#${wordOf(operation.operationId)}"
                            ><span class="method ${method.toLowerCase()}">${method}</span>
                            <span class="path">${shortPath(path)}</span></a
                          >
                        </li>`,
                    )}
                  </ul>
                </section>`,
            )}
          </nav>
          <main id="main" tabindex="-1">
            <p class="intro">
              What this server can do, as it is set up. Every URL begins with <code>${wordOf(server.url)}</code>. HEAD answers as
              GET does, without a body.
            </p>
            ${groups.map(
              ({ tag, operations }) =>
                markup`<section aria-labelledby="tag-${tag}">
                  <h3 id="tag-${tag}">${tag}</h3>
                  ${operations.map((operation) => operationBox(operation, printer))}
                </section>`,
            )}
            <p id="nothing" hidden>Nothing matches.</p>
            ${errorsSection(document, printer)}
          </main>
        </div>
        <script>${new Html(DOCS_SCRIPT)}</script>
      </body>
    </html> `;
  return page.text;
}

interface Group {
  readonly tag: string;
  readonly operations: readonly ShownOperation[];
}

function groupsOf(document: JsonObject, printer: SchemaPrinter): Group[] {
  const all = Object.entries(printer.resolve(document.paths)).flatMap(([path, item]) =>
    operationsOf(path, item, printer),
  );
  const tags = Array.isArray(document.tags) ? document.tags : [];
  return tags.map((tag) => {
    const { name } = printer.resolve(tag);
    return { tag: wordOf(name), operations: all.filter(({ operation }) => tagsOf(operation).includes(name ?? '')) };
  });
}

/** In the order in which they are shown. */
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];

/** HEAD is left out where it says no more than GET. */
function operationsOf(path: string, item: JsonValue, printer: SchemaPrinter): ShownOperation[] {
  const { parameters, ...operations } = printer.resolve(item);
  const methods = Object.keys(operations).sort((a, b) => METHODS.indexOf(a) - METHODS.indexOf(b));
  return methods.flatMap((method) => {
    const operation = operations[method];
    if (!isJsonObject(operation)) return [];
    if (method === 'head' && operation.summary === printer.resolve(operations.get).summary) return [];
    const all = [...listOf(parameters), ...listOf(operation.parameters)].map((parameter) => printer.resolve(parameter));
    return [{ path, method: method.toUpperCase(), operation, parameters: all }];
  });
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function tagsOf({ tags }: JsonObject): JsonValue[] {
  return listOf(tags);
}

/** Without what the heading says already. */
function shortPath(path: string): string {
  return path.replace(/^\/buckets\/\{bucket_id\}(\/collections\/\{collection_id\})?(?=\/)/, '\u2026');
}

/** Name and password, or a token, where there is a policy for them; they leave the page only in requests. */
function loginForm(document: JsonObject): Html {
  const { securitySchemes } = isJsonObject(document.components) ? document.components : {};
  const schemes = Object.keys(isJsonObject(securitySchemes) ? securitySchemes : {});
  if (schemes.length === 0) return markup`<p>Nobody can log in here.</p>`;
  return markup`<form id="login" aria-label="Who is calling">
    ${
      schemes.includes('basic')
        ? markup`<span
              ><label for="user">User</label><input id="user" autocomplete="off" spellcheck="false"
            /></span>
            <span
              ><label for="password">Password</label><input id="password" type="password" autocomplete="off"
            /></span>`
        : undefined
    }
    ${
      schemes.includes('bearer')
        ? markup`<span
            ><label for="token">Token</label><input id="token" type="password" autocomplete="off"
          /></span>`
        : undefined
    }
  </form>`;
}

function errorsSection(document: JsonObject, printer: SchemaPrinter): Html {
  const { responses } = isJsonObject(document.components) ? document.components : {};
  const rows = Object.values(isJsonObject(responses) ? responses : {}).flatMap((response) =>
    rowOf(printer.resolve(response), printer),
  );
  return markup`<section aria-labelledby="errors" class="plain">
    <h3 id="errors">Errors</h3>
    ${printer.print({ $ref: '#/components/schemas/Error' })}
    <table>
      <thead>
        <tr>
          <th scope="col"><code>code</code></th>
          <th scope="col"><code>errno</code></th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </section>`;
}

function rowOf({ content, description }: JsonObject, printer: SchemaPrinter): Html[] {
  const { schema } = printer.resolve(Object.values(printer.resolve(content))[0]);
  const { code, errno } = printer.resolve(printer.resolve(schema).properties);
  if (code === undefined) return [];
  const numbers = [printer.resolve(errno)].flatMap(({ const: only, enum: several }) =>
    only === undefined ? listOf(several) : [only],
  );
  return [
    markup`<tr>
      <th scope="row">${wordOf(printer.resolve(code).const)}</th>
      <td>${numbers.map(wordOf).join(', ')}</td>
      <td>${prose(wordOf(description))}</td>
    </tr>`,
  ];
}

/** A name or a number of the document. */
function wordOf(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
