import { createHash } from 'node:crypto';
import { getListTimestamp } from '../../resources/endpoints/resource-parts.js';
import type { Exchange } from '../../resources/exchange.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import { placeOf } from '../../resources/resource-place.js';
import { settingProblem, SettingsError, type SettingSource } from '../../settings/settings.js';
import type { JsonObject } from '../../wire/json.js';
import { readListQuery } from '../../wire/query/list-query.js';
import { StoredObject } from '../../wire/stored-object.js';

/** Where the list of changes is. It is no bucket that anybody makes. */
export const MONITOR = { bucket: 'monitor', collection: 'changes' } as const;

const BUCKET_OR_COLLECTION = /^\/buckets\/([^/]+)(?:\/collections\/([^/]+))?$/;

interface Monitored {
  readonly bucket: string;
  /** `undefined`: all that are there. */
  readonly collection: string | undefined;
}

export interface MonitorParts {
  readonly definitions: ResourceDefinitions;
  /** Told with each entry, and part of its id; may be empty. */
  readonly host: string;
  /** How many collections of a bucket are told at most. */
  readonly maxFetchSize: number;
}

/** @throws SettingsError for what is no URI of a bucket or a collection */
export function readMonitored(resources: readonly string[], source: SettingSource): Monitored[] {
  return resources.map((uri) => {
    const match = BUCKET_OR_COLLECTION.exec(uri);
    if (match !== null) return { bucket: match[1]!, collection: match[2] };
    const sentence = `${uri} is not the URI of a bucket or a collection, such as /buckets/blog`;
    const raw = source.find('changes.resources');
    throw raw === undefined ? new SettingsError('changes.resources', sentence) : settingProblem(raw, sentence);
  });
}

/** When each of the collections last changed. */
export class MonitoredCollections {
  constructor(
    private readonly monitored: readonly Monitored[],
    private readonly parts: MonitorParts,
  ) {}

  /** In the order of the settings; each once. @throws NeedsUnit for a collection that nobody has asked about yet */
  async entries(exchange: Exchange): Promise<StoredObject[]> {
    const entries = new Map<string, StoredObject>();
    for (const { bucket, collection } of this.monitored) {
      const ids = collection === undefined ? await this.collectionsOf(exchange, bucket) : [collection];
      for (const id of ids) {
        const entry = await this.entryOf(exchange, bucket, id);
        entries.set(entry.id, entry);
      }
    }
    return [...entries.values()];
  }

  private async collectionsOf({ view }: Exchange, bucket: string): Promise<string[]> {
    const { maxFetchSize } = this.parts;
    const everything = readListQuery([['_sort', 'id']], { maxFetchSize, nowMs: Date.now() }).getQuery();
    const list = { parentId: `/buckets/${bucket}`, resourceName: 'collection' };
    return (await view.listObjects(list, everything)).map(({ id }) => id);
  }

  private async entryOf(exchange: Exchange, bucket: string, collection: string): Promise<StoredObject> {
    const { definitions, host } = this.parts;
    const params = { bucket_id: bucket, collection_id: collection };
    const place = placeOf(definitions.get('record'), definitions, params);
    const timestamp = await getListTimestamp(exchange, place);
    const value: JsonObject = { bucket, collection, host };
    return StoredObject.of(idOf(host + place.list.parentId), timestamp, value);
  }
}

/** The MD5 of where it is, written as a UUID: it names the entry and protects nothing. */
function idOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
