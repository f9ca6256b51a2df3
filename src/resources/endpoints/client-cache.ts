import { SettingsError, settingProblem, type SettingSource } from '../../settings/settings.js';
import type { JsonValue } from '../../wire/json.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { ResponseHeaders } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import { expiryHeaders } from '../expiry.js';
import type { ObjectSettings } from '../object.settings.js';
import type { ResourcePlace } from '../resource-place.js';

const SUFFIX = 'record_cache_expires_seconds';

/** Kinto lets nothing of a resource be kept by a cache unless a setting says so. */
const NOT_AT_ALL: ResponseHeaders = { 'Cache-Control': 'no-cache, no-store' };

export type ExpirySettings = Partial<
  Pick<ObjectSettings, 'bucketCacheExpires' | 'collectionCacheExpires' | 'groupCacheExpires' | 'recordCacheExpires'>
>;

/** How long callers that nobody knows may keep what they have read; all others ask again (kinto-api.md, 4.2). */
export class ClientCache {
  private readonly byResource: ReadonlyMap<string, number | undefined>;

  /** @param byPlace seconds for the records of a bucket or collection: {@link readRecordExpiries} */
  constructor(
    settings: ExpirySettings,
    private readonly byPlace: ReadonlyMap<string, number>,
  ) {
    this.byResource = new Map([
      ['bucket', settings.bucketCacheExpires],
      ['collection', settings.collectionCacheExpires],
      ['group', settings.groupCacheExpires],
      ['record', settings.recordCacheExpires],
    ]);
  }

  /** @param parent of the object or list that is read, if it must have one */
  headersFor({ identity }: Exchange, place: ResourcePlace, parent: StoredObject | undefined): ResponseHeaders {
    if (identity.userId !== undefined) return NOT_AT_ALL;
    const known = { resource: place.definition.name, collectionUri: place.above.collection };
    const seconds = this.secondsFor(known, parent?.value.cache_expires);
    return seconds === undefined ? NOT_AT_ALL : expiryHeaders(seconds);
  }

  /** @param ofCollection the collection's own `cache_expires`, for its records: it can only make it longer */
  secondsFor(
    { resource, collectionUri }: { resource: string; collectionUri: string | undefined },
    ofCollection: JsonValue | undefined,
  ): number | undefined {
    if (resource !== 'record') {
      const seconds = this.byResource.get(resource);
      // 0 is as good as nothing for all but records.
      return seconds === 0 ? undefined : seconds;
    }
    const seconds = this.secondsOfRecords(collectionUri);
    return typeof ofCollection === 'number' ? Math.max(seconds ?? 0, ofCollection) : seconds;
  }

  /** As in Kinto, the general setting comes before the old form of the special ones. */
  private secondsOfRecords(collectionUri = ''): number | undefined {
    const [, , bucket = '', , collection = ''] = collectionUri.split('/');
    return (
      this.byPlace.get(`${bucket}.${collection}.${SUFFIX}`) ??
      this.byPlace.get(`${bucket}.${SUFFIX}`) ??
      this.byResource.get('record') ??
      this.byPlace.get(`${bucket}_${collection}_${SUFFIX}`) ??
      this.byPlace.get(`${bucket}_${SUFFIX}`)
    );
  }
}

/**
 * The settings `<bucket>.<collection>.record_cache_expires_seconds` and their like, in seconds by key. They are those
 * that the file has: a variable can change one and cannot add one, since it cannot say where the names end.
 *
 * @throws SettingsError for what is no number of seconds
 */
export function readRecordExpiries(source: SettingSource): ReadonlyMap<string, number> {
  const keys = source.keysUnder('').filter((key) => key.endsWith(`.${SUFFIX}`) || key.endsWith(`_${SUFFIX}`));
  return new Map(keys.map((key) => [key, secondsOf(key, source)]));
}

function secondsOf(key: string, source: SettingSource): number {
  const raw = source.find(key);
  if (raw === undefined) throw new SettingsError(key, 'is not set');
  const text = raw.text.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw settingProblem(raw, 'expected a whole number of seconds');
}
