import { randomUUID } from 'node:crypto';
import type { Access } from '../../permissions/access.js';
import { heldObjects, type EveryObject, type HeldSelection } from '../../permissions/held-objects.js';
import { ERRORS } from '../../wire/api-error.js';
import { encodeJson, type JsonObject } from '../../wire/json.js';
import { readListQuery, type ListQuery } from '../../wire/query/list-query.js';
import { encodePageToken, PAGE_NONCE_PREFIX } from '../../wire/query/page-token.js';
import { projectFields } from '../../wire/query/projection.js';
import { ROOT_RESOURCE, type UriShapes } from '../../wire/uri.js';
import type { ApiResponse, ResponseHeaders } from '../api-message.js';
import { refusal } from '../authorization.js';
import { alertFor, nextPageUrl } from '../endpoints/plural.endpoint.js';
import type { ResourceParts } from '../endpoints/resource-parts.js';
import type { Exchange, StorageEndpoint } from '../exchange.js';
import { ensureAcceptable } from '../negotiation.js';
import { LIST_PARAMETERS, parameterReferences } from '../openapi/parameters.js';
import { getPreconditions, versionHeaders } from '../preconditions.js';
import { parseQueryString } from '../query-string.js';
import { shapesOf } from '../uri-places.js';

/** What an entry can be asked by; `permissions` is not among it (seen in Kinto 26.5). */
const FIELDS: readonly string[] = ['uri', 'resource_name', 'bucket_id', 'collection_id', 'group_id', 'record_id'];

/** A setting for all objects of these lists each of them, one for all records does not: there may be any number. */
const LISTED_EVERYWHERE: readonly string[] = ['bucket', 'collection', 'group'];

/** What is answered, for the OpenAPI document. */
const ENTRIES = {
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          ...Object.fromEntries([...FIELDS, 'id'].map((name) => [name, { type: 'string' }])),
          permissions: { type: 'array', items: { type: 'string' } },
        },
        // The ids of what plugins have, e.g. `account_id`.
        additionalProperties: { type: 'string' },
      },
    },
  },
};

const READING = ['Next-Page', 'Last-Modified', 'ETag', 'Cache-Control', 'Expires', 'Pragma'];

/**
 * On which objects the caller holds which permissions (kinto-api.md, 7.9). It is a list like any other, except that
 * nothing of it is kept: there are no tombstones, and preconditions have nothing to hold on to and are passed over.
 */
export class PermissionsEndpoint implements StorageEndpoint {
  readonly name = 'permissions-plural';
  readonly pattern = '/permissions';
  readonly methods = ['HEAD', 'GET', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations = {
    GET: {
      id: 'get_permissions',
      tag: 'Utilities',
      summary: 'On which objects the caller holds which permissions.',
      description: `It can be filtered and sorted by ${FIELDS.map((name) => `\`${name}\``).join(', ')}.`,
      parameters: parameterReferences(LIST_PARAMETERS),
      isProtected: true,
      errors: [ERRORS.NOT_ACCEPTABLE.status],
      responses: { 200: { description: 'An entry for each object.', schema: ENTRIES } },
    },
  };
  private readonly shapes: UriShapes;

  constructor(
    private readonly parts: ResourceParts,
    private readonly access: Access,
  ) {
    this.shapes = shapesOf(parts.definitions);
  }

  exposedHeaders(method: string): readonly string[] {
    return method === 'HEAD' ? [...READING, 'Total-Objects', 'Total-Records'] : READING;
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { request, view } = exchange;
    ensureAcceptable(request);
    await this.ensureAllowed(exchange);
    const query = this.getQuery(exchange);
    const everywhere = this.access.heldEverywhere(exchange.caller.principals);
    const held = this.selectionOf(exchange, everywhere);
    const headers: ResponseHeaders = {
      ...versionHeaders(Date.now()),
      'Cache-Control': 'no-cache, no-store',
      ...alertFor(query),
    };
    if (request.method === 'HEAD') {
      const total = String(await heldObjects.count(view.sql, held, query));
      return { status: 200, headers: { ...headers, 'Total-Objects': total, 'Total-Records': total }, body: '' };
    }
    const objects = await heldObjects.list(view.sql, held, query);
    const page = objects.slice(0, query.limit);
    const last = page.at(-1);
    if (objects.length > query.limit && last !== undefined) {
      const nonce = PAGE_NONCE_PREFIX + randomUUID();
      const offset = (query.token?.offset ?? 0) + page.length;
      const text = encodePageToken(last, query.sort, { offset, nonce });
      headers['Next-Page'] = nextPageUrl(request, query, { nonce, text });
    }
    const { fields } = query;
    const entries = await this.entriesOf(exchange, page, everywhere);
    const data = fields === undefined ? entries : entries.map((entry) => projectFields(entry, fields));
    return { status: 200, headers, body: encodeJson({ data }) };
  }

  private async ensureAllowed(exchange: Exchange): Promise<void> {
    const required = { resource: 'permissions', permission: 'read' };
    const request = { requested: 'permissions', required, uris: {} };
    if (await this.access.isAllowed(exchange.view.sql, exchange.caller.principals, request)) return;
    throw refusal(exchange);
  }

  private getQuery(exchange: Exchange): ListQuery {
    const { paginateBy, maxFetchSize } = this.parts.settings;
    const reading = readListQuery(parseQueryString(exchange.request.queryString), {
      ...(paginateBy === undefined ? {} : { paginateBy }),
      maxFetchSize,
      nowMs: Date.now(),
      strictFields: FIELDS,
      uniqueText: 'uri',
    });
    getPreconditions(exchange, [...exchange.originProblems, ...reading.problems]);
    return reading.getQuery();
  }

  private selectionOf({ caller }: Exchange, everywhere: ReadonlyMap<string, unknown>): HeldSelection {
    return {
      principals: caller.principals,
      everywhere: LISTED_EVERYWHERE.filter((name) => everywhere.has(name)).map((name) => this.everyObject(name)),
      atRoot: everywhere.has(''),
      shapes: this.shapes,
    };
  }

  private everyObject(resourceName: string): EveryObject {
    const { definitions } = this.parts;
    const { plural, ancestors } = definitions.get(resourceName);
    const [parent] = ancestors;
    if (parent === undefined) return { resourceName, plural };
    return { resourceName, plural, parent: { resourceName: parent, plural: definitions.get(parent).plural } };
  }

  /** The page with the permissions: only now are they looked up, for no filter asks for them. */
  private async entriesOf(
    { view, caller }: Exchange,
    page: readonly Readonly<Record<string, string>>[],
    everywhere: ReadonlyMap<string, ReadonlySet<string>>,
  ): Promise<JsonObject[]> {
    const uris = page.map(({ uri = '' }) => uri);
    const held = await heldObjects.permissionsOn(view.sql, caller.principals, uris);
    return page.map(({ uri = '', resource_name: shownName = '', ...ids }) => {
      const resource = shownName === ROOT_RESOURCE ? '' : shownName;
      const bySetting = resource === '' || LISTED_EVERYWHERE.includes(resource) ? everywhere.get(resource) : undefined;
      const permissions = new Set([...(held.get(uri) ?? []), ...(bySetting ?? [])]);
      return { uri, resource_name: shownName, permissions: this.parts.rules.implied(resource, permissions), ...ids };
    });
  }
}
