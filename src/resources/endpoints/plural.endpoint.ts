import { randomUUID } from 'node:crypto';
import { listHistory } from '../../storage/list-history.js';
import type { StorageView } from '../../storage/storage.js';
import { invalidParameters } from '../../wire/api-error.js';
import { escapeNonAscii, isJsonObject, stringifyJson, type JsonValue } from '../../wire/json.js';
import { readListQuery, type ListQuery, type ListQueryReading } from '../../wire/query/list-query.js';
import { encodePageToken, PAGE_NONCE_PREFIX } from '../../wire/query/page-token.js';
import { projectFields } from '../../wire/query/projection.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { JSON_TYPE, type ApiRequest, type ApiResponse, type ResponseHeaders } from '../api-message.js';
import type { Exchange, StorageEndpoint } from '../exchange.js';
import { CHANGE_POSITION } from '../live/change-position.js';
import { formatPlace } from '../live/list-place.js';
import type { ListStreams, ReadListParameters } from '../live/list-streams.js';
import { ensureAcceptable, ensureSupportedType } from '../negotiation.js';
import { replacedPermissions } from '../permission-change.js';
import { ensurePreconditions, findNotModified, getPreconditions, versionHeaders } from '../preconditions.js';
import { parseQueryString } from '../query-string.js';
import type { ResourceDefinition } from '../resource-definition.js';
import type { ResourcePlace } from '../resource-place.js';
import { parseBody, type BodyText } from '../write-body.js';
import { objectAnswer } from './object-answer.js';
import {
  checkedBySchemas,
  ensureParentExists,
  ensureValidId,
  getListTimestamp,
  patternOf,
  permissionNames,
  placeIn,
  readObjectBody,
  type ResourceParts,
} from './resource-parts.js';

const READING = ['Next-Page', 'Last-Modified', 'ETag', 'Cache-Control', 'Expires', 'Pragma', CHANGE_POSITION];

/** The list of a resource: `GET`, `POST`, `DELETE` (kinto-api.md, 3.2, 3.6, 3.7). */
export class PluralEndpoint implements StorageEndpoint {
  readonly name: string;
  readonly pattern: string;
  readonly methods = ['HEAD', 'GET', 'POST', 'DELETE', 'OPTIONS'];
  readonly usesStorage = true as const;
  /** The fields of a resource that has no others. */
  protected readonly strictFields: readonly string[] | undefined;
  /** Whether HEAD counts the objects, instead of saying where the next page is. */
  protected readonly tellsTotals: boolean = true;
  /** Requests that have taken their token. */
  private readonly spenders = new WeakSet<ApiRequest>();

  constructor(
    readonly definition: ResourceDefinition,
    private readonly parts: ResourceParts,
    /** Follows the list; absent where its changes are in no log. */
    private readonly streams?: ListStreams,
  ) {
    this.name = `${definition.name}-plural`;
    this.pattern = patternOf(definition, parts);
  }

  exposedHeaders(method: string): readonly string[] {
    if (method === 'HEAD') return [...READING, 'Total-Objects', 'Total-Records'];
    const others = this.streams?.connections?.headers;
    if (method === 'GET') return others === undefined ? READING : [...READING, ...others];
    return method === 'OPTIONS' ? [] : [CHANGE_POSITION];
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const place = placeIn(exchange, this.definition, this.parts);
    switch (exchange.request.method) {
      case 'POST':
        return this.post(exchange, place);
      case 'DELETE':
        return this.delete(exchange, place);
      default:
        return this.get(exchange, place);
    }
  }

  private async post(exchange: Exchange, place: ResourcePlace): Promise<ApiResponse> {
    const parent = await ensureParentExists(exchange, place, this.parts);
    const text = parseBody(exchange.request.body);
    const given = findPostedId(text);
    if (given !== undefined) ensureValidId(this.definition, given);
    ensureAcceptable(exchange.request);
    ensureSupportedType(exchange.request, [JSON_TYPE]);

    const existing = given === undefined ? undefined : await exchange.view.findObject(place.list, given);
    const { authorization, writer, schemas } = this.parts;
    if (existing !== undefined) await authorization.ensureMayRead(exchange, place, existing.id);
    else await authorization.ensureMayCreate(exchange, place);

    const problems = [...exchange.originProblems];
    const body = readObjectBody(text, place, this.parts, problems);
    const preconditions = getPreconditions(exchange, problems);
    if (existing !== undefined) {
      ensurePreconditions(preconditions, { exists: true, timestamp: existing.lastModified, object: existing });
      return objectAnswer(200, await writer.show(exchange, place, existing));
    }
    if (preconditions.ifMatch !== undefined) {
      ensurePreconditions(preconditions, { exists: false, timestamp: await getListTimestamp(exchange, place) });
    }
    // Before there is an id: a schema that requires one means the client's.
    const value = await checkedBySchemas(exchange, place, { schemas, parent, value: body.data ?? {} });
    const id = given ?? this.definition.makeId();
    const permissions = replacedPermissions(body.permissions, permissionNames(place, this.parts));
    return objectAnswer(201, await writer.create(exchange, place, { id, value, permissions }));
  }

  private async get(exchange: Exchange, place: ResourcePlace): Promise<ApiResponse> {
    const streams = this.streams?.isAsked(exchange.request) === true ? this.streams : undefined;
    if (streams === undefined) ensureAcceptable(exchange.request);
    const { onlyIds } = await this.parts.authorization.scopeOf(exchange, place, 'read');
    const parent = await ensureParentExists(exchange, place, this.parts);
    if (streams !== undefined) return streams.open(exchange, place, (parameters) => this.readQuery(parameters));
    const reading = this.readQuery(parseQueryString(exchange.request.queryString));
    const preconditions = getPreconditions(exchange, [...exchange.originProblems, ...reading.problems]);
    const timestamp = await getListTimestamp(exchange, place);
    const notModified = findNotModified(preconditions, timestamp);
    if (notModified !== undefined) return notModified;
    ensurePreconditions(preconditions, { exists: true, timestamp });
    const query = reading.getQuery();

    const expiry = this.parts.clientCache.headersFor(exchange, place, parent);
    const headers: ResponseHeaders = { ...expiry, ...versionHeaders(timestamp), ...alertFor(query) };
    const position = this.streams && (await listHistory.top(exchange.view.sql, place.list));
    if (position !== undefined) {
      headers[CHANGE_POSITION] = formatPlace({ position, isPartial: onlyIds !== undefined });
      // By it the same URL answers with a stream.
      headers.Vary = 'Accept';
    }
    if (exchange.request.method === 'HEAD' && this.tellsTotals) {
      const total = String(await exchange.view.countObjects(place.list, query, { onlyIds }));
      return { status: 200, headers: { ...headers, 'Total-Objects': total, 'Total-Records': total }, body: '' };
    }
    const { page, nextToken } = await this.readPage(exchange.view, place, query, { onlyIds });
    if (nextToken !== undefined) headers['Next-Page'] = nextPageUrl(exchange.request, query, nextToken);
    const { fields } = query;
    const texts = page.map((object) =>
      fields === undefined ? object.text : stringifyJson(projectFields(object.value, fields)),
    );
    const answer = { status: 200, headers, body: escapeNonAscii(`{"data":[${texts.join(',')}]}`) };
    const connections = this.streams?.connections;
    if (connections === undefined || position === undefined) return answer;
    const readParameters: ReadListParameters = (parameters) => this.readQuery(parameters);
    return connections.goOn(exchange, place, { answer, position, hasMore: nextToken !== undefined, readParameters });
  }

  private async delete(exchange: Exchange, place: ResourcePlace): Promise<ApiResponse> {
    ensureAcceptable(exchange.request);
    const { onlyIds } = await this.parts.authorization.scopeOf(exchange, place, 'write');
    await ensureParentExists(exchange, place, this.parts);
    const parameters = parseQueryString(exchange.request.queryString);
    const reading = this.readQuery(parameters.filter(([name]) => name !== '_fields'));
    const preconditions = getPreconditions(exchange, [...exchange.originProblems, ...reading.problems]);
    const timestamp = await getListTimestamp(exchange, place);
    ensurePreconditions(preconditions, { exists: true, timestamp });
    const query = reading.getQuery();
    await this.spendToken(exchange.request, query);

    const { page, nextToken } = await this.readPage(exchange.view, place, query, { onlyIds, liveOnly: true });
    const tombstones: StoredObject[] = [];
    for (const object of page) tombstones.push(await this.parts.writer.delete(exchange, place, object));
    const newest = Math.max(timestamp, ...tombstones.map(({ lastModified }) => lastModified));
    const headers: ResponseHeaders = { ...versionHeaders(newest), ...alertFor(query) };
    if (nextToken !== undefined) {
      await this.parts.cache.set(nextToken.nonce, '1', this.parts.settings.tokenValidity * 1000);
      headers['Next-Page'] = nextPageUrl(exchange.request, query, nextToken);
    }
    const body = escapeNonAscii(`{"data":[${tombstones.map(({ text }) => text).join(',')}]}`);
    return { status: 200, headers, body };
  }

  private readQuery(parameters: readonly (readonly [string, string])[]): ListQueryReading {
    const { paginateBy, maxFetchSize } = this.parts.settings;
    return readListQuery(parameters, {
      ...(paginateBy === undefined ? {} : { paginateBy }),
      ...(this.strictFields === undefined ? {} : { strictFields: this.strictFields }),
      maxFetchSize,
      nowMs: Date.now(),
    });
  }

  private async readPage(
    view: StorageView,
    place: ResourcePlace,
    query: ListQuery,
    options: { onlyIds: readonly string[] | undefined; liveOnly?: boolean },
  ): Promise<{ page: StoredObject[]; nextToken: NextToken | undefined }> {
    const objects = await view.listObjects(place.list, query, options);
    const page = objects.slice(0, query.limit);
    const last = page.at(-1);
    if (objects.length <= query.limit || last === undefined) return { page, nextToken: undefined };
    const nonce = PAGE_NONCE_PREFIX + randomUUID();
    const offset = (query.token?.offset ?? 0) + page.length;
    return { page, nextToken: { nonce, text: encodePageToken(last.value, query.sort, { offset, nonce }) } };
  }

  /** A DELETE's token is used once, else a repeated request would delete the page after the one it meant. */
  private async spendToken(request: ApiRequest, { token }: ListQuery): Promise<void> {
    // The unit may run again; the request is the same one then.
    if (token === undefined || this.spenders.has(request)) return;
    if ((await this.parts.cache.take(token.nonce)) !== undefined) {
      this.spenders.add(request);
      return;
    }
    const description = '_token was already used or has expired.';
    throw invalidParameters([{ location: 'querystring', name: null, description }]);
  }
}

/** Kinto looks for it before it knows whether the rest of the body can be used. */
function findPostedId(text: BodyText): JsonValue | undefined {
  const body = 'value' in text ? text.value : undefined;
  return isJsonObject(body) && isJsonObject(body.data) ? body.data.id : undefined;
}

interface NextToken {
  readonly nonce: string;
  readonly text: string;
}

export function nextPageUrl(request: ApiRequest, query: ListQuery, { text }: NextToken): string {
  const kept = parseQueryString(request.queryString).filter(([name]) => name !== '_limit' && name !== '_token');
  const parameters = [...kept, ['_limit', String(query.limit)], ['_token', text]] as [string, string][];
  const encoded = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${request.origin}${request.path}?${encoded.join('&')}`;
}

export function alertFor({ usesDeprecatedTo }: ListQuery): ResponseHeaders {
  if (!usesDeprecatedTo) return {};
  const url = 'https://kinto.readthedocs.io/en/2.4.0/api/resource.html#list-of-available-url-parameters';
  return {
    Alert: JSON.stringify({ code: 'soft-eol', message: '_to is now deprecated, you should use _before instead', url }),
  };
}
