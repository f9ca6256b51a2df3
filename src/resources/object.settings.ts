import { Min } from 'class-validator';
import { Setting } from '../settings/setting.js';

/** How objects are checked, and how long what was read of them may be kept. */
export class ObjectSettings {
  @Setting({
    key: 'experimental_collection_schema_validation',
    type: 'boolean',
    default: false,
    sentence: 'Whether records, collections and groups are checked against the JSON schemas above them.',
  })
  schemaValidation!: boolean;

  @Setting({
    key: 'bucket_cache_expires_seconds',
    type: 'integer',
    default: undefined,
    sentence:
      'How long callers that nobody knows may keep a bucket they have read, or the list, in seconds; empty: not at all.',
  })
  @Min(0)
  bucketCacheExpires!: number | undefined;

  @Setting({
    key: 'collection_cache_expires_seconds',
    type: 'integer',
    default: undefined,
    sentence: 'The same of collections.',
  })
  @Min(0)
  collectionCacheExpires!: number | undefined;

  @Setting({
    key: 'group_cache_expires_seconds',
    type: 'integer',
    default: undefined,
    sentence: 'The same of groups.',
  })
  @Min(0)
  groupCacheExpires!: number | undefined;

  @Setting({
    key: 'record_cache_expires_seconds',
    type: 'integer',
    default: undefined,
    sentence:
      'The same of records; <bucket>.<collection>.record_cache_expires_seconds and <bucket>.record_cache_expires_seconds come first.',
  })
  @Min(0)
  recordCacheExpires!: number | undefined;
}
