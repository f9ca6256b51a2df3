import type { PermissionSettings } from '../../permissions/permissions.settings.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { UserDetails } from '../../resources/capabilities.js';
import type { Exchange, PrepareContext, PreparedRequest, StorageEndpoint } from '../../resources/exchange.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import { exchangeOver } from '../../resources/private-list.js';
import { parseQueryString } from '../../resources/query-string.js';
import { bodyProblem, parseJson } from '../../resources/write-body.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { encodeJson, isJsonObject, type JsonObject } from '../../wire/json.js';
import { EVERYONE } from '../../wire/principals.js';
import { ACCOUNT_PREFIX, isAdministrator } from './account.definition.js';
import type { Credentials } from './credentials.js';
import { hashPassword } from './hashed-request.js';
import { ReachableAccounts, type AccountWriting, type Reach } from './reachable-accounts.js';

const SETTING_METHODS = ['POST', 'PUT', 'PATCH'];

const NO_HASHES: ReadonlySet<string> = new Set();

/** The endpoints of any resource that this one is made of. */
export interface UsualEndpoints {
  readonly endpoint: StorageEndpoint;
  /** For PATCH, which may leave the password as it is. */
  readonly patching: StorageEndpoint;
  readonly operations: OperationDescriptions;
  /** Whether it is that of the list. */
  readonly isPlural: boolean;
}

/**
 * The accounts, or one of them (kinto-api.md, 8.4): the usual endpoint, before which passwords are hashed, over what
 * the caller can reach of the accounts.
 */
export class AccountsEndpoint implements StorageEndpoint {
  readonly name: string;
  readonly pattern: string;
  readonly methods: readonly string[];
  readonly operations: OperationDescriptions;
  readonly usesStorage = true as const;
  /** Made while the request was prepared. */
  private readonly hashes = new WeakMap<ApiRequest, string>();

  constructor(
    private readonly usual: UsualEndpoints,
    private readonly settings: PermissionSettings,
    private readonly credentials: Credentials,
    /** Of themselves: what else somebody who asks for their own account is told, beside it. */
    private readonly besideOwn: UserDetails,
  ) {
    ({ name: this.name, pattern: this.pattern, methods: this.methods } = usual.endpoint);
    this.operations = usual.operations;
  }

  exposedHeaders(method: string): readonly string[] {
    return this.usual.endpoint.exposedHeaders(method);
  }

  async prepare(request: ApiRequest, { identity }: PrepareContext): Promise<PreparedRequest> {
    if (!SETTING_METHODS.includes(request.method)) return { request };
    // A server on which nobody can sign up shall not hash for whoever comes along. They are refused in any case.
    if (identity.userId === undefined && !this.canSignUp(request.method)) return { request };
    const hashed = await hashPassword(request, (password) => this.credentials.passwords.hash(password));
    if (hashed.hash !== undefined) this.hashes.set(hashed.request, hashed.hash);
    return { request: hashed.request };
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const reach = this.reachOf(exchange);
    const { request, changes } = exchange;
    const { endpoint, patching, isPlural } = this.usual;
    const isPatch = request.method === 'PATCH';
    const over = exchangeOver(exchange, new ReachableAccounts(reach, this.writingOf(request)));
    const isEverybody = isPlural && reach === undefined;
    const own = isEverybody ? { ...over, request: sortedById(request) } : over;
    const mark = changes.mark();
    try {
      const answer = await (isPatch ? patching : endpoint).handle(own);
      return this.isOwn(exchange) ? beside(answer, this.besideOwn(exchange.identity, request)) : answer;
    } catch (error) {
      throw exchange.identity.userId === undefined ? withoutDetails(error) : error;
    } finally {
      placeChanges(exchange, mark);
    }
  }

  private isOwn({ request, params, identity }: Exchange): boolean {
    const isOne = !this.usual.isPlural && request.method === 'GET';
    return isOne && identity.userId === `${ACCOUNT_PREFIX}:${params.id ?? ''}`;
  }

  private writingOf(request: ApiRequest): AccountWriting {
    const hash = this.hashes.get(request);
    return {
      hashes: hash === undefined ? NO_HASHES : new Set([hash]),
      keepsPassword: request.method === 'PATCH',
      forget: (username) => this.credentials.logins.forget(username),
    };
  }

  private canSignUp(method: string): boolean {
    const { accountCreate, accountWrite } = this.settings;
    return accountWrite.includes(EVERYONE) || (accountCreate.includes(EVERYONE) && method !== 'PATCH');
  }

  /**
   * Everybody's accounts for administrators and, as far as permissions go, for whoever signs up; for others their own.
   *
   * @throws ApiError for nobody in particular who asks for a list, or for an account that has no name
   */
  private reachOf({ request, identity, caller }: Exchange): Reach {
    const { userId } = identity;
    const isFree = userId === undefined || isAdministrator(caller, this.settings);
    // Without the policy's prefix, as Kinto does: whoever comes from another policy can have an account of that name.
    if (!isFree) return userId.slice(userId.indexOf(':') + 1);
    if (!this.usual.isPlural) return undefined;
    if (request.method === 'POST') ensureNamed(request);
    else if (!isAdministrator(caller, this.settings)) throw new ApiError('NO_LIST_OF_ACCOUNTS');
    return undefined;
  }
}

/** @throws ApiError 400 when the body names no account */
function ensureNamed({ body }: ApiRequest): void {
  const parsed = body === undefined ? undefined : parseJson(body);
  const whole = parsed !== undefined && 'value' in parsed ? parsed.value : undefined;
  const isNamed = isJsonObject(whole) && isJsonObject(whole.data) && whole.data.id !== undefined;
  if (!isNamed) throw invalidParameters([bodyProblem('data.id', 'data.id in body: Required')]);
}

/** Accounts of different users may have one timestamp: pages need more to go by. */
function sortedById(request: ApiRequest): ApiRequest {
  const { queryString } = request;
  const asked = parseQueryString(queryString).filter(([name]) => name === '_sort');
  if (asked.some(([, fields]) => /(^|,)\s*[-+]?id\s*(,|$)/.test(fields))) return request;
  // What is sorted by already stays as it is.
  const added = '_sort=-last_modified,id';
  return { ...request, queryString: queryString === '' ? added : `${queryString}&${added}` };
}

/** Not in `data`: that is what its owner may send back. */
function beside(answer: ApiResponse, details: JsonObject): ApiResponse {
  const { status, body } = answer;
  const names = Object.keys(details);
  if (status !== 200 || typeof body !== 'string' || names.length === 0) return answer;
  return { ...answer, body: `${body.slice(0, -1)},${encodeJson(details).slice(1)}` };
}

/** Whoever is nobody may not read the account that is in the way of theirs. */
function withoutDetails(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.error !== 'MODIFIED_MEANWHILE') return error;
  return new ApiError('MODIFIED_MEANWHILE', { headers: error.headers });
}

/** What was noted is told where it is kept: that list's numbers are in its position. */
function placeChanges({ changes }: Exchange, mark: number): void {
  const noted = changes.entries.slice(mark);
  changes.rewind(mark);
  for (const entry of noted) changes.note({ ...entry, list: { ...entry.list, parentId: entry.objectId } });
}
