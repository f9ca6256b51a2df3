import { Registry } from '../wire/registry.js';

/** A permission on one level of the hierarchy, e.g. `write` on `collection`. */
export interface Grant {
  /** A resource name, `''` for the root. */
  readonly resource: string;
  readonly permission: string;
}

/** For one resource: what may be required there, and what grants it, there or further up. */
export interface ResourcePermissions {
  /** The permissions a client may assign on such an object, in Kinto's order. */
  readonly assignable: readonly string[];
  readonly granted: Readonly<Record<string, readonly Grant[]>>;
}

/** The inheritance of permissions (kinto-api.md, 7.1). Plugins add their resources; after the start it is fixed. */
export class PermissionRules extends Registry<ResourcePermissions> {
  constructor() {
    super('permission rule');
  }

  /**
   * Adds what may be required at a level that is there already, as the creation of a plugin's objects at the root.
   *
   * @throws Error when somebody has said what grants it, or the application has started
   */
  extend(resource: string, permission: string, granting: readonly Grant[]): void {
    const known = this.find(resource);
    if (known === undefined) throw new Error(`There are no permission rules of ${resource || 'the root'}`);
    if (Object.hasOwn(known.granted, permission)) throw new Error(`Somebody has said what grants ${permission}`);
    this.replace(resource, { ...known, granted: { ...known.granted, [permission]: granting } });
  }

  assignable(resource: string): readonly string[] {
    return this.find(resource)?.assignable ?? [];
  }

  /** @throws Error when nobody has said what grants it */
  getGrants(resource: string, permission: string): readonly Grant[] {
    const grants = this.find(resource)?.granted[permission];
    if (grants === undefined) throw new Error(`No rule says what grants ${permission} on ${resource || 'the root'}`);
    return grants;
  }

  /**
   * What holding permissions on an object means for the object itself: them and all that they imply there, in the order
   * of the rules.
   */
  implied(resource: string, held: ReadonlySet<string>): string[] {
    const granted = Object.entries(this.find(resource)?.granted ?? {});
    const ownOf = (grants: readonly Grant[]) => grants.filter((grant) => grant.resource === resource);
    const reading = ownOf(this.find(resource)?.granted.read ?? []);
    const implied = granted.flatMap(([permission, grants]) => {
      const own = ownOf(grants);
      // Kinto tells the two ways of reading apart only where there is more than one.
      if (permission === 'read:attributes' && own.length === reading.length) return [];
      return own.some((grant) => held.has(grant.permission)) ? [permission] : [];
    });
    return [...new Set([...implied, ...held])];
  }

  /** Where the permission to create such objects is held: on their parent, `''` at the root. */
  parentOf(resource: string): string | undefined {
    return this.entries().find(([, { granted }]) => Object.hasOwn(granted, `${resource}:create`))?.[0];
  }
}

/** `grants('bucket:write read', 'collection:write')`: the pairs, spelled once. */
export function grants(...lines: readonly string[]): Grant[] {
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    const resource = line.slice(0, colon);
    return line
      .slice(colon + 1)
      .split(' ')
      .map((permission) => ({ resource, permission }));
  });
}
