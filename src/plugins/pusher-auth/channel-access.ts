import type { ChannelReading } from '../../changes/channel-reading.js';
import type { Access } from '../../permissions/access.js';
import type { PermissionRules } from '../../permissions/permission-rules.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from '../../resources/resource-definition.js';
import { chainWith, objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { SqlSession } from '../../storage/sql-session.js';
import { AUTHENTICATED } from '../../wire/principals.js';
import { isItemReading } from './items/item-channels.js';

export interface ChannelAccessParts {
  readonly access: Access;
  readonly rules: PermissionRules;
  readonly definitions: ResourceDefinitions;
}

/** May somebody hear a channel? The same as: may they read the list, or the object, whose changes it announces. */
export class ChannelAccess {
  constructor(private readonly parts: ChannelAccessParts) {}

  /** Those by which somebody may hear of something. What comes from the others is looked at when it is sent. */
  async readableOf(
    sql: SqlSession,
    principals: readonly string[],
    readings: readonly ChannelReading[],
  ): Promise<ChannelReading[]> {
    const readable: ChannelReading[] = [];
    for (const reading of readings) if (await this.isReadable(sql, principals, reading)) readable.push(reading);
    return readable;
  }

  /** Whether they may read everything in that list, and not only what is shared with them. */
  async readsAll(sql: SqlSession, principals: readonly string[], reading: ChannelReading): Promise<boolean> {
    const definition = this.definitionFor(reading);
    const place = definition === undefined ? undefined : this.placeFor(definition, reading);
    return place !== undefined && this.mayRead(sql, principals, place);
  }

  /** The places whose objects a channel announces, as far as its name tells; for the scope of a ticket. */
  urisOf(readings: readonly ChannelReading[]): string[] {
    return readings.map((reading) => {
      const definition = this.definitionFor(reading);
      const place = definition === undefined ? undefined : this.placeFor(definition, reading);
      // No URI is a bucket's with a slash: only a scope with a * covers all that is in it.
      if (isItemReading(reading) && place === undefined) return `/buckets/${reading.ids.bucket_id}/`;
      if (definition === undefined || place === undefined) return '/';
      const id = reading.ids[idParameter(definition.name)];
      return id === undefined ? place.listUri : objectUri(place, id);
    });
  }

  private async isReadable(sql: SqlSession, principals: readonly string[], reading: ChannelReading): Promise<boolean> {
    const definition = this.definitionFor(reading);
    if (definition === undefined && reading.resourceName !== undefined) return false;
    const place = definition === undefined ? undefined : this.placeFor(definition, reading);
    // It announces what lies in many places: whoever is somebody hears of it what they may read.
    if (definition === undefined || place === undefined) return principals.includes(AUTHENTICATED);
    const id = reading.ids[idParameter(definition.name)];
    if (id === undefined) return this.isListReadable(sql, principals, place);
    const requested = definition.name;
    const required = { resource: requested, permission: 'read' };
    return this.parts.access.isAllowed(sql, principals, { requested, required, uris: chainWith(place, id) });
  }

  /** As a GET of the list: who may create there, but sees nothing yet, gets an empty one (kinto-api.md, 7.5). */
  private async isListReadable(sql: SqlSession, principals: readonly string[], place: ResourcePlace): Promise<boolean> {
    const { access, rules } = this.parts;
    const { definition, parentName: resource, above: uris, listUri } = place;
    const requested = definition.name;
    const isAllowed = (permission: string) =>
      access.isAllowed(sql, principals, { requested, required: { resource, permission }, uris });
    if (await this.mayRead(sql, principals, place)) return true;
    const shared = await access.sharedIds(sql, principals, { resource: requested, permission: 'read', listUri });
    if (shared.length > 0) return true;
    const creation = `${requested}:create`;
    return rules.find(resource)?.granted[creation] !== undefined && isAllowed(creation);
  }

  private mayRead(sql: SqlSession, principals: readonly string[], place: ResourcePlace): Promise<boolean> {
    const { definition, parentName: resource, above: uris } = place;
    const required = { resource, permission: 'read' };
    return this.parts.access.isAllowed(sql, principals, { requested: definition.name, required, uris });
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
