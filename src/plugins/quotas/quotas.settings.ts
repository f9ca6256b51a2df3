import { Min } from 'class-validator';
import { readSettings, Setting, type SettingSource } from '../../settings/settings.js';

/**
 * How much a bucket or a collection may hold. The keys stand behind a prefix that says which: `quotas.bucket_`,
 * `quotas.bucket_<id>_`, `quotas.collection_`, `quotas.collection_<bucket>_`, `quotas.collection_<bucket>_<id>_`.
 */
export class QuotaSettings {
  @Setting({
    key: 'max_bytes',
    type: 'integer',
    default: undefined,
    sentence: 'The most that its objects, and its own attributes, may be together, in bytes of compact JSON.',
  })
  @Min(0)
  maxBytes!: number | undefined;

  @Setting({ key: 'max_items', type: 'integer', default: undefined, sentence: 'The most records it may hold.' })
  @Min(0)
  maxItems!: number | undefined;

  @Setting({
    key: 'max_bytes_per_item',
    type: 'integer',
    default: undefined,
    sentence: 'The most that any one object in it may be, in bytes of compact JSON.',
  })
  @Min(0)
  maxBytesPerItem!: number | undefined;
}

export const EVERY_BUCKET = 'quotas.bucket_';
export const EVERY_COLLECTION = 'quotas.collection_';

const QUOTA_KEY = /^(quotas\.(?:bucket|collection)_(?:.+_)?)(?:max_bytes_per_item|max_items|max_bytes)$/;

/** The quotas of every bucket and collection, the more specific first. */
export class Quotas {
  private constructor(private readonly byPrefix: ReadonlyMap<string, QuotaSettings>) {}

  /** @throws SettingsError when one of them is no number */
  static read(source: SettingSource): Quotas {
    const prefixes = source.keysUnder('quotas.').map((key) => QUOTA_KEY.exec(key)?.[1]);
    const known = new Set([EVERY_BUCKET, EVERY_COLLECTION, ...prefixes.filter((prefix) => prefix !== undefined)]);
    return new Quotas(
      new Map([...known].map((prefix) => [prefix, readSettings(QuotaSettings, source, { prefixes: [prefix] })])),
    );
  }

  ofBucket(bucketId: string): QuotaSettings {
    return this.first([`${EVERY_BUCKET}${bucketId}_`, EVERY_BUCKET]);
  }

  ofCollection(bucketId: string, collectionId: string): QuotaSettings {
    const ofItsBucket = `${EVERY_COLLECTION}${bucketId}_`;
    return this.first([`${ofItsBucket}${collectionId}_`, ofItsBucket, EVERY_COLLECTION]);
  }

  /** Each quota from the first prefix that has it. */
  private first(prefixes: readonly string[]): QuotaSettings {
    const given = prefixes.map((prefix) => this.byPrefix.get(prefix)).filter((settings) => settings !== undefined);
    const pick = (property: keyof QuotaSettings) => {
      return given.map((settings) => settings[property]).find((value) => value !== undefined);
    };
    return { maxBytes: pick('maxBytes'), maxItems: pick('maxItems'), maxBytesPerItem: pick('maxBytesPerItem') };
  }
}
