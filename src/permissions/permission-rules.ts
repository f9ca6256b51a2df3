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

  assignable(resource: string): readonly string[] {
    return this.find(resource)?.assignable ?? [];
  }

  /** @throws Error when nobody has said what grants it */
  getGrants(resource: string, permission: string): readonly Grant[] {
    const grants = this.find(resource)?.granted[permission];
    if (grants === undefined) throw new Error(`No rule says what grants ${permission} on ${resource || 'the root'}`);
    return grants;
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
