import type { Authenticator, Caller } from '../../auth/authenticator.js';
import { ChangeCollector } from '../../changes/change-collector.js';
import type { ChangeLog } from '../../changes/change-log.js';
import type { Access } from '../../permissions/access.js';
import { groupMemberships } from '../../permissions/group-memberships.js';
import { ownedObjects } from '../../permissions/owned-objects.js';
import type { Storage, UnitOfWork } from '../../storage/storage.js';
import { ERRORS, type ErrorDetail } from '../../wire/api-error.js';
import type { UriShapes } from '../../wire/uri.js';
import type { ApiRequest, ApiResponse } from '../api-message.js';
import { refusal } from '../authorization.js';
import { jsonAnswer } from '../endpoints/json-answer.js';
import { ensureNoProblems, type ResourceParts } from '../endpoints/resource-parts.js';
import type { Exchange, PlainEndpoint } from '../exchange.js';
import { ensureAcceptable } from '../negotiation.js';
import { readPreconditions } from '../preconditions.js';
import { findPlaceOf, shapesOf } from '../uri-places.js';

/** How many objects, or entries, one unit of work deletes: everybody else's writes wait for it. */
const BATCH = 500;

export interface UserDataParts {
  readonly resource: Pick<ResourceParts, 'definitions' | 'writer'>;
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly access: Access;
  readonly changeLog: ChangeLog;
}

/**
 * Deletes what belongs to one principal, and every trace of them in permissions and memberships (kinto-api.md, 1.7).
 *
 * There may be any number of objects, so it is not one unit of work but many small ones. When the server ends in the
 * middle, or the answer is an error, some of it has been done; asking again does the rest.
 */
export class UserDataEndpoint implements PlainEndpoint {
  readonly name = 'user-data-object';
  readonly pattern = '/__user_data__/{principal}';
  readonly methods = ['DELETE', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly pathParameters = {
    principal: { description: 'A user, e.g. `account:alice`.' },
  };
  readonly operations = {
    DELETE: {
      id: 'delete_user-data',
      tag: 'Utilities',
      summary: 'Deletes what belongs to one principal alone, and every trace of them elsewhere.',
      description: 'After an error some of it is done; asking again does the rest.',
      isProtected: true,
      errors: [ERRORS.NOT_ACCEPTABLE.status],
      responses: {
        200: {
          description: 'It is deleted.',
          schema: {
            type: 'object',
            required: ['data'],
            properties: {
              data: { type: 'object', required: ['principal'], properties: { principal: { type: 'string' } } },
            },
            additionalProperties: false,
          },
        },
      },
    },
  };
  private readonly shapes: UriShapes;

  constructor(private readonly parts: UserDataParts) {
    this.shapes = shapesOf(parts.resource.definitions);
  }

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest, params: Readonly<Record<string, string>>): Promise<ApiResponse> {
    ensureAcceptable(request);
    const caller = await this.getAllowedCaller(request);
    const problems: ErrorDetail[] = [];
    readPreconditions(request, problems);
    ensureNoProblems(problems);
    const principal = params.principal!;
    let reached: string | undefined = '';
    while (reached !== undefined) reached = await this.deleteOwned(request, caller, principal, reached);
    let hasMore = true;
    while (hasMore) {
      hasMore = await this.parts.storage.write(({ sql }) => ownedObjects.dropEntries(sql, principal, BATCH));
    }
    await this.parts.storage.write(({ sql }) => groupMemberships.forget(sql, principal));
    return jsonAnswer(200, { data: { principal } });
  }

  /** @throws ApiError 401 or 403 */
  private async getAllowedCaller(request: ApiRequest): Promise<Caller> {
    const { authenticator, storage, access } = this.parts;
    const identity = await authenticator.identify(request.headers);
    return storage.read(async ({ sql }) => {
      const caller = await authenticator.callerOf(identity, sql);
      const required = { resource: 'user-data', permission: 'delete' };
      const question = { requested: 'user-data', required, uris: {} };
      if (!(await access.isAllowed(sql, caller.principals, question))) throw refusal({ identity });
      return caller;
    });
  }

  /**
   * One unit of work.
   *
   * @param after the URI that the unit before this one has reached
   * @returns the one that this has reached; `undefined` when nothing comes behind it
   */
  private deleteOwned(
    request: ApiRequest,
    caller: Caller,
    principal: string,
    after: string,
  ): Promise<string | undefined> {
    const { storage, changeLog } = this.parts;
    return storage.write(async (unit) => {
      const uris = await ownedObjects.listAfter(unit.sql, principal, after, BATCH);
      const changes = new ChangeCollector();
      const exchange: Exchange = {
        ...{ request, params: {}, identity: caller, caller },
        ...{ view: unit, unit, changes, originProblems: [], knownUris: new Set<string>() },
      };
      for (const uri of uris) await this.deleteObject(exchange, unit, uri);
      await changeLog.conclude(unit, changes);
      return uris.length < BATCH ? undefined : uris.at(-1);
    });
  }

  /** Not every URI leads to an object: there are entries without one, and what is deleted takes what is below along. */
  private async deleteObject(exchange: Exchange, unit: UnitOfWork, uri: string): Promise<void> {
    const { definitions, writer } = this.parts.resource;
    const found = findPlaceOf(uri, definitions, this.shapes);
    if (found === undefined) return;
    const object = await unit.findObject(found.place.list, found.id);
    if (object !== undefined) await writer.delete(exchange, found.place, object);
  }
}

/** Kinto has this URL, and nothing can be done there. */
export class UserDataListEndpoint implements PlainEndpoint {
  readonly name = 'user-data-plural';
  readonly pattern = '/__user_data__';
  readonly methods = ['OPTIONS'];
  readonly usesStorage = false as const;

  exposedHeaders(): readonly string[] {
    return [];
  }

  /** Never reached: OPTIONS is answered for every endpoint. */
  async handle(): Promise<ApiResponse> {
    return jsonAnswer(200, {});
  }
}
