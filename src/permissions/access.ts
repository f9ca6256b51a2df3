import type { SqlSession } from '../storage/sql-session.js';
import { rowsOf } from '../settings/setting.js';
import { accessEntries, type AccessControlList } from './access-entries.js';
import type { Grant, PermissionRules } from './permission-rules.js';
import { PermissionSettings } from './permissions.settings.js';

/** The URI of an object and of everything above it, by resource name; the root is not among them. */
export type UriChain = Readonly<Record<string, string>>;

/** Who holds which permission, by the URI of the object. */
export type HeldByUri = ReadonlyMap<string, AccessControlList>;

/** One question: may somebody do this? */
export interface AccessRequest {
  /** The resource that the URL names: it decides which settings count (kinto-api.md, 7.8). */
  readonly requested: string;
  /** Where the permission is required, and which. */
  readonly required: Grant;
  readonly uris: UriChain;
}

/** May these principals do this to that? */
export class Access {
  private readonly everywhere: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(
    private readonly rules: PermissionRules,
    settings: PermissionSettings,
  ) {
    this.everywhere = new Map(
      rowsOf(PermissionSettings).map((row) => [row.key, new Set(settings[row.property as keyof PermissionSettings])]),
    );
  }

  /** Whether the rules, entries or settings let one of the principals do it. */
  async isAllowed(sql: SqlSession, principals: readonly string[], request: AccessRequest): Promise<boolean> {
    const granting = this.rules.getGrants(request.required.resource, request.required.permission);
    if (this.isAllowedEverywhere(principals, request.requested, granting)) return true;
    if (await this.ownsTop(sql, principals, request, granting)) return true;
    const uris = [...new Set(granting.map((grant) => request.uris[grant.resource]))].filter((uri) => uri !== undefined);
    const held = await accessEntries.held(sql, principals, uris);
    return held.some(({ objectId, permission }) =>
      granting.some((grant) => grant.permission === permission && request.uris[grant.resource] === objectId),
    );
  }

  /**
   * The principals that may do it, all of them: for asking once and comparing often.
   *
   * @param held what is held on the URIs of the chain, by URI; see {@link accessEntries.holders}
   */
  allowedPrincipals({ requested, required, uris }: AccessRequest, held: HeldByUri): ReadonlySet<string> {
    const allowed = new Set<string>();
    for (const { resource, permission } of this.rules.getGrants(required.resource, required.permission)) {
      const name = permission.startsWith(`${requested}:`) ? permission.replace(':', '_') : `${requested}_${permission}`;
      for (const principal of this.everywhere.get(`${name}_principals`) ?? []) allowed.add(principal);
      const uri = uris[resource];
      if (uri === undefined) continue;
      for (const principal of held.get(uri)?.[permission] ?? []) allowed.add(principal);
    }
    return allowed;
  }

  /** The permissions that settings give the principals on every object of a resource, by its name; `''` is the root. */
  heldEverywhere(principals: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
    const held = new Map<string, Set<string>>();
    for (const [key, allowed] of this.everywhere) {
      const [, resource, permission] = /^(.+)_(create|read|write)_principals$/.exec(key) ?? [];
      if (resource === undefined || permission === undefined) continue;
      if (!principals.some((principal) => allowed.has(principal))) continue;
      const isCreate = permission === 'create';
      const holder = isCreate ? this.rules.parentOf(resource) : resource;
      if (holder === undefined || this.rules.find(holder) === undefined) continue;
      const name = isCreate ? `${resource}:create` : permission;
      held.set(holder, (held.get(holder) ?? new Set()).add(name));
    }
    return held;
  }

  /**
   * The objects directly below a list that are shared with the principals one by one (kinto-api.md, 7.5).
   *
   * @param listUri the list's own URI, e.g. `/buckets/b/collections`
   */
  async sharedIds(
    sql: SqlSession,
    principals: readonly string[],
    wanted: { resource: string; permission: string; listUri: string },
  ): Promise<string[]> {
    const permissions = this.rules
      .getGrants(wanted.resource, wanted.permission)
      .filter((grant) => grant.resource === wanted.resource)
      .map((grant) => grant.permission);
    return accessEntries.sharedIds(sql, principals, permissions, wanted.listUri);
  }

  /** The everyday case first, one look-up instead of one per object and principal: the caller's own bucket. */
  private async ownsTop(
    sql: SqlSession,
    [user]: readonly string[],
    { uris }: AccessRequest,
    [top]: readonly Grant[],
  ): Promise<boolean> {
    const uri = top === undefined ? undefined : uris[top.resource];
    if (top === undefined || uri === undefined || user === undefined) return false;
    return accessEntries.has(sql, uri, top.permission, user);
  }

  private isAllowedEverywhere(principals: readonly string[], requested: string, granting: readonly Grant[]): boolean {
    return granting.some(({ permission }) => {
      const name = permission.startsWith(`${requested}:`) ? permission.replace(':', '_') : `${requested}_${permission}`;
      const allowed = this.everywhere.get(`${name}_principals`);
      return allowed !== undefined && principals.some((principal) => allowed.has(principal));
    });
  }
}
