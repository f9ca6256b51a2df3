import type { ChannelReading } from '../../changes/channel-reading.js';
import type { Access } from '../../permissions/access.js';
import type { PermissionRules } from '../../permissions/permission-rules.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from '../../resources/resource-definition.js';
import { chainWith, objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { SqlSession } from '../../storage/sql-session.js';
import { AUTHENTICATED } from '../../wire/principals.js';

/** How much of what a channel announces somebody may read: every object, or only those shared with them one by one. */
export type Extent = 'all' | 'some' | 'nothing';

export interface ChannelAccessParts {
  readonly access: Access;
  readonly rules: PermissionRules;
  readonly definitions: ResourceDefinitions;
}

/** May somebody hear a channel? The same as: may they read the list, or the object, whose changes it announces. */
export class ChannelAccess {
  constructor(private readonly parts: ChannelAccessParts) {}

  /** Of several readings one is enough: what comes from the others is looked at when it is sent. */
  async extentFor(
    sql: SqlSession,
    principals: readonly string[],
    readings: readonly ChannelReading[],
  ): Promise<Extent> {
    let best: Extent = 'nothing';
    for (const reading of readings) {
      const extent = await this.extentOf(sql, principals, reading);
      if (extent === 'all' && readings.length === 1) return 'all';
      if (extent !== 'nothing') best = 'some';
    }
    return best;
  }

  /** The places whose objects a channel announces, as far as its name tells; for the scope of a ticket. */
  urisOf(readings: readonly ChannelReading[]): string[] {
    return readings.map((reading) => {
      const definition = this.definitionFor(reading);
      const place = definition === undefined ? undefined : this.placeFor(definition, reading);
      if (definition === undefined || place === undefined) return '/';
      const id = reading.ids[idParameter(definition.name)];
      return id === undefined ? place.listUri : objectUri(place, id);
    });
  }

  private async extentOf(sql: SqlSession, principals: readonly string[], reading: ChannelReading): Promise<Extent> {
    const definition = this.definitionFor(reading);
    if (definition === undefined && reading.resourceName !== undefined) return 'nothing';
    const place = definition === undefined ? undefined : this.placeFor(definition, reading);
    // It announces what lies in many places: whoever is somebody hears of it what they may read.
    if (definition === undefined || place === undefined) return principals.includes(AUTHENTICATED) ? 'some' : 'nothing';
    const id = reading.ids[idParameter(definition.name)];
    return id === undefined
      ? this.extentOfList(sql, principals, place)
      : this.extentOfObject(sql, principals, place, id);
  }

  private async extentOfObject(
    sql: SqlSession,
    principals: readonly string[],
    place: ResourcePlace,
    id: string,
  ): Promise<Extent> {
    const { name } = place.definition;
    const required = { resource: name, permission: 'read' };
    const question = { requested: name, required, uris: chainWith(place, id) };
    return (await this.parts.access.isAllowed(sql, principals, question)) ? 'all' : 'nothing';
  }

  /** As a GET of the list: who may create there, but see nothing yet, gets an empty one (kinto-api.md, 7.5). */
  private async extentOfList(sql: SqlSession, principals: readonly string[], place: ResourcePlace): Promise<Extent> {
    const { access, rules } = this.parts;
    const { definition, parentName: resource, above: uris, listUri } = place;
    const requested = definition.name;
    const isAllowed = (permission: string) =>
      access.isAllowed(sql, principals, { requested, required: { resource, permission }, uris });
    if (await isAllowed('read')) return 'all';
    const shared = await access.sharedIds(sql, principals, { resource: requested, permission: 'read', listUri });
    if (shared.length > 0) return 'some';
    const creation = `${requested}:create`;
    if (rules.find(resource)?.granted[creation] === undefined) return 'nothing';
    return (await isAllowed(creation)) ? 'some' : 'nothing';
  }

  /** Without a word for the kind of object, the ids tell the smallest that it can be. */
  private definitionFor({ resourceName, ids }: ChannelReading): ResourceDefinition | undefined {
    const { definitions } = this.parts;
    if (resourceName !== undefined) return readable(definitions.find(resourceName));
    if (ids.record_id !== undefined) return definitions.find('record');
    if (ids.group_id !== undefined) return definitions.find('group');
    return undefined;
  }

  private placeFor(definition: ResourceDefinition, { ids }: ChannelReading): ResourcePlace | undefined {
    const isKnown = definition.ancestors.every((ancestor) => ids[idParameter(ancestor)] !== undefined);
    return isKnown ? placeOf(definition, this.parts.definitions, ids) : undefined;
  }
}

/** What has endpoints of its own has them because not everything in it may be shown. */
export function readable(definition: ResourceDefinition | undefined): ResourceDefinition | undefined {
  return definition?.hasOwnEndpoints === true ? undefined : definition;
}
