import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/setting.js';

/** The list of collections and when they last changed, as kinto-changes has it. */
export class KintoChangesSettings {
  @Setting({
    key: 'changes.resources',
    type: 'list',
    default: [],
    sentence: 'The buckets, with all of their collections, and the collections that monitor/changes tells of: URIs.',
  })
  resources!: readonly string[];

  @Setting({
    key: 'changes.since_max_age_days',
    type: 'integer',
    default: 21,
    sentence:
      'Who asks monitor/changes for what is older than so many days is redirected to the whole; below 0: nobody.',
  })
  @IsInt()
  @Max(36_500)
  sinceMaxAgeDays!: number;

  @Setting({
    key: 'changes.since_max_age_redirect_ttl_seconds',
    type: 'integer',
    default: 86_400,
    sentence: 'How long, in seconds, that redirect may be kept; below 0: it does not say.',
  })
  @IsInt()
  redirectTtl!: number;

  @Setting({
    key: 'changes.http_host',
    type: 'string',
    default: '',
    sentence: 'The host that it leads to, such as that of a CDN; empty: http_host, else the Host header.',
  })
  httpHost!: string;
}

/** Behind `<bucket>.<collection>.`, for what monitor/changes and changesets say of caches. */
export class MaximumExpirySettings {
  @Setting({
    key: 'record_cache_maximum_expires_seconds',
    type: 'integer',
    default: undefined,
    sentence: 'How long, in seconds, an answer to a URL with _expected may be kept; empty: as any other.',
  })
  @IsInt()
  @Min(0)
  seconds!: number | undefined;
}
