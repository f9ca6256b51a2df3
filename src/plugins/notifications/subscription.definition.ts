import { grants, type PermissionRules } from '../../permissions/permission-rules.js';
import { ID_PATTERN, makeUuid } from '../../resources/kinto/ids.js';
import type { ResourceDefinition } from '../../resources/resource-definition.js';
import type { AddressRules, SubscriptionKind } from './subscription-kinds.js';

export function subscriptionDefinition(kind: SubscriptionKind, rules: AddressRules): ResourceDefinition {
  return {
    name: kind.name,
    plural: kind.path,
    ancestors: [],
    needsParent: false,
    idPattern: ID_PATTERN,
    hasOwnEndpoints: true,
    makeId: () => makeUuid(),
    attributes: kind.attributes,
    checkAttributes: (value, { prefix }) => ({ value, problems: kind.problems(value, prefix, rules) }),
  };
}

/** Nobody holds permissions on subscriptions: each is its owner's. */
export function addSubscriptionRules(rules: PermissionRules, { name }: SubscriptionKind): void {
  const none = grants();
  rules.extend('', `${name}:create`, none);
  rules.add(name, { assignable: [], granted: { write: none, read: none, 'read:attributes': none } });
}
