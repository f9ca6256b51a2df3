import { groupMemberships } from '../../permissions/group-memberships.js';
import type { ErrorDetail } from '../../wire/api-error.js';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import { EVERYONE } from '../../wire/principals.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { AttributesCheck, ResourceDefinition } from '../resource-definition.js';
import { bodyProblem, pythonText } from '../write-body.js';
import { ID_PATTERN, makeShortId } from './ids.js';

/** The principal of one member. */
const MEMBER = {
  type: 'string',
  minLength: 1,
  not: { anyOf: [{ pattern: '^/buckets/' }, { const: EVERYONE }] },
};

export const groupDefinition: ResourceDefinition = {
  name: 'group',
  plural: 'groups',
  ancestors: ['bucket'],
  needsParent: false,
  idPattern: ID_PATTERN,
  makeId: makeShortId,
  checkAttributes,
  attributes: { members: { accepted: { type: 'array', items: MEMBER, description: 'Who is in it.' } } },
  schemas: [{ resource: 'bucket', attribute: 'group:schema' }],
  async afterWrite({ uri, before, after }, unit) {
    if (after.deleted) return groupMemberships.disband(unit.sql, uri);
    const was = membersOf(before);
    const is = membersOf(after);
    await groupMemberships.leave(
      unit.sql,
      uri,
      [...was].filter((member) => !is.has(member)),
    );
    await groupMemberships.join(
      unit.sql,
      uri,
      [...is].filter((member) => !was.has(member)),
    );
  },
};

/** `members` is a list of principals, empty by default; but without any `data` Kinto leaves it out (2.2). */
function checkAttributes(
  value: JsonObject,
  { prefix, supplied }: { prefix: string; supplied: boolean },
): AttributesCheck {
  const { members } = value;
  if (members === undefined) return { value: supplied ? { ...value, members: [] } : value, problems: [] };
  const name = `${prefix}members`;
  if (!Array.isArray(members)) {
    return { value, problems: [bodyProblem(name, `${quoted(members)} is not iterable`)] };
  }
  return { value, problems: members.flatMap((member, index) => memberProblems(`${name}.${index}`, member)) };
}

function memberProblems(name: string, member: JsonValue): ErrorDetail[] {
  if (member === '' || member === null) return [bodyProblem(name, 'Required')];
  if (typeof member !== 'string') return [bodyProblem(name, `${pythonText(member)} is not a string: {'': ''}`)];
  // Groups of groups there are not, and everybody is in no group.
  const isRefused = member.startsWith('/buckets/') || member === EVERYONE;
  return isRefused ? [bodyProblem(name, `'${member}' is not a valid user ID.`)] : [];
}

function quoted(value: JsonValue): string {
  return typeof value === 'string' ? `"${value}"` : `"${pythonText(value)}"`;
}

function membersOf(group: StoredObject | undefined): Set<string> {
  const members = group?.value.members;
  return new Set(Array.isArray(members) ? members.filter((member) => typeof member === 'string') : []);
}
