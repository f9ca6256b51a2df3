import type { ResponseHeaders } from '../../resources/api-message.js';
import { readRecordExpiries } from '../../resources/endpoints/client-cache.js';
import { expiryHeaders } from '../../resources/expiry.js';
import { readSettings, type SettingSource } from '../../settings/settings.js';
import { MaximumExpirySettings } from './kinto-changes.settings.js';

const MAXIMUM = '.record_cache_maximum_expires_seconds';

/** How long answers may be kept by caches: longer where the URL says which state it is after. */
export class AnswerExpiry {
  private constructor(
    private readonly usual: ReadonlyMap<string, number>,
    private readonly longest: ReadonlyMap<string, number>,
  ) {}

  /** @throws SettingsError */
  static fromSettings(source: SettingSource): AnswerExpiry {
    const longest = new Map<string, number>();
    for (const key of source.keysUnder('').filter((each) => each.endsWith(MAXIMUM))) {
      const place = key.slice(0, -MAXIMUM.length);
      const { seconds } = readSettings(MaximumExpirySettings, source, { prefixes: [`${place}.`] });
      if (seconds !== undefined) longest.set(place, seconds);
    }
    return new AnswerExpiry(readRecordExpiries(source), longest);
  }

  /** @param isExpected whether the URL changes with what it answers */
  headersFor(bucket: string, collection: string, isExpected: boolean): ResponseHeaders | undefined {
    const place = `${bucket}.${collection}`;
    const usual = this.usual.get(`${place}.record_cache_expires_seconds`);
    const seconds = isExpected ? (this.longest.get(place) ?? usual) : usual;
    return seconds === undefined ? undefined : expiryHeaders(seconds);
  }
}
