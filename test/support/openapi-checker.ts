import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/wire/json.js';
import type { Answer, Ask, TestServer } from './server.js';

/** Where in the document a path stands. */
interface Place {
  readonly path: string;
  readonly item: JsonObject;
}

/** Holds answers, and bodies of requests, against what the server's own document says of them. */
export class OpenApiChecker {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });

  private readonly compiled = new Map<string, ValidateFunction>();

  private constructor(
    private readonly server: TestServer,
    readonly document: JsonObject,
  ) {
    this.ajv.addSchema(document, 'api');
  }

  static async of(server: TestServer): Promise<OpenApiChecker> {
    return new OpenApiChecker(server, (await server.request('GET', '/v1/__api__', { auth: null })).json);
  }

  get paths(): Readonly<Record<string, JsonObject>> {
    return this.document.paths as Record<string, JsonObject>;
  }

  /** Every operation there is, as `GET /buckets/{id}`. */
  get operations(): string[] {
    return Object.entries(this.paths).flatMap(([path, item]) => {
      return Object.keys(item)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`);
    });
  }

  /** Sends the request. What comes back must be an answer that the document lists, of the form that it has there. */
  async request(method: string, path: string, ask?: Ask): Promise<Answer> {
    const answer = await this.server.request(method, path, ask);
    const place = this.placeOf(path);
    const operation = place.item[method.toLowerCase()] as JsonObject | undefined;
    const shown = `${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`;
    if (operation === undefined) throw new Error(`The document does not have ${shown}`);
    const responses = operation.responses as JsonObject;
    if (!(String(answer.status) in responses)) throw new Error(`The document does not list ${shown}`);
    const pointer = ['paths', place.path, method.toLowerCase(), 'responses', String(answer.status)];
    const [holder, response] = this.resolved(pointer, responses[String(answer.status)]!);
    const content = isJsonObject(response.content) ? response.content : {};
    this.ensureHeaders(answer, response, { holder, shown });
    const type = answer.headers.get('content-type')?.split(';', 1)[0] ?? '';
    const described = [type, '*/*'].find((each) => each in content);
    if (described === undefined) {
      if (answer.text !== '') throw new Error(`The document has no body of the type ${type} for ${shown}`);
      return answer;
    }
    if (method === 'HEAD' || answer.status === 304) return answer;
    const body = type === 'application/json' ? (JSON.parse(answer.text) as JsonValue) : answer.text;
    const problem = this.problemOf([...holder, 'content', described, 'schema'], body);
    if (problem !== undefined) throw new Error(`${problem} in ${shown}`);
    return answer;
  }

  /** What the document says against such a body of such a request; `undefined`: nothing. */
  bodyProblem(method: string, path: string, type: string, body: JsonValue): string | undefined {
    const { path: template } = this.placeOf(path);
    return this.problemOf(['paths', template, method.toLowerCase(), 'requestBody', 'content', type, 'schema'], body);
  }

  private ensureHeaders(
    answer: Answer,
    response: JsonObject,
    { holder, shown }: { holder: readonly string[]; shown: string },
  ): void {
    const headers = isJsonObject(response.headers) ? response.headers : {};
    for (const [name, header] of Object.entries(headers)) {
      const value = answer.headers.get(name);
      const [place] = this.resolved([...holder, 'headers', name], header);
      if (value === null) continue;
      const problem = this.problemOf([...place, 'schema'], value);
      if (problem !== undefined) throw new Error(`${name} ${problem} in ${shown}`);
    }
  }

  private problemOf(pointer: readonly string[], value: JsonValue): string | undefined {
    const fragment = pointer
      .map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    let validate = this.compiled.get(fragment);
    if (validate === undefined) {
      validate = this.ajv.compile({ $ref: `api#/${fragment}` });
      this.compiled.set(fragment, validate);
    }
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors);
  }

  /** Follows references between the parts of the document that are no schemas. */
  private resolved(pointer: readonly string[], value: JsonValue): [readonly string[], JsonObject] {
    const { $ref: reference } = value as JsonObject;
    if (typeof reference !== 'string') return [pointer, value as JsonObject];
    const keys = reference.slice(2).split('/');
    const found = keys.reduce<JsonValue | undefined>((parent, key) => (parent as JsonObject)[key], this.document);
    if (found === undefined) throw new Error(`${reference} leads nowhere`);
    return this.resolved(keys, found);
  }

  private placeOf(url: string): Place {
    const path = decodeURIComponent(url.split('?', 1)[0]!.replace(/^\/v1/, ''));
    for (const [template, item] of Object.entries(this.paths)) {
      const pattern = template
        .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
        .replace(/\{path\}$/, '.*')
        .replace(/\{[^}]+\}/g, '[^/]+');
      if (new RegExp(`^${pattern}$`).test(path)) return { path: template, item };
    }
    throw new Error(`The document has no path for ${url}`);
  }
}
