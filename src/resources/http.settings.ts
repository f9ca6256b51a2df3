import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';
import { ObjectSettings } from './object.settings.js';

/** The hosts page, header and error texts of the API. */
export class ProjectSettings {
  @Setting({ key: 'project_name', type: 'string', default: 'kumocast', sentence: 'The name that hello shows.' })
  projectName!: string;

  @Setting({
    key: 'project_version',
    type: 'string',
    default: '',
    sentence: 'The version that hello shows; empty: that of kumocast.',
  })
  projectVersion!: string;

  @Setting({
    key: 'project_docs',
    type: 'string',
    default: 'https://kinto.readthedocs.io/',
    sentence: 'Where hello says that the documentation is.',
  })
  projectDocs!: string;

  @Setting({
    key: 'http_scheme',
    type: 'string',
    default: '',
    sentence: 'The scheme of every absolute URL, e.g. https behind a proxy; empty: that of the request.',
  })
  httpScheme!: string;

  @Setting({
    key: 'http_host',
    type: 'string',
    default: '',
    sentence: 'The host, and port, of every absolute URL; empty: the Host header of the request.',
  })
  httpHost!: string;

  @Setting({
    key: 'version_json_path',
    type: 'string',
    default: 'version.json',
    sentence: 'The file whose JSON /__version__ shows; without it, that of the package, if there is one.',
  })
  versionJsonPath!: string;

  @Setting({
    key: 'error_info_link',
    type: 'string',
    default: 'https://github.com/Kinto/kinto/issues/',
    sentence: 'Where the body of a 500 sends people.',
  })
  errorInfoLink!: string;
}

export class ApiSettings extends ObjectSettings {
  @Setting({ key: 'readonly', type: 'boolean', default: false, sentence: 'Whether every write is refused with 405.' })
  readonly!: boolean;

  @Setting({
    key: 'explicit_permissions',
    type: 'boolean',
    default: true,
    sentence: 'Whether whoever writes an object is added to those who may write it.',
  })
  explicitPermissions!: boolean;

  @Setting({
    key: 'batch_max_requests',
    type: 'integer',
    default: 25,
    sentence: 'How many requests one batch may hold; 0: any number.',
  })
  @Min(0)
  batchMaxRequests!: number;

  @Setting({
    key: 'paginate_by',
    type: 'integer',
    default: undefined,
    sentence: 'How many objects a page of a list has, and may have, at the most; empty: storage_max_fetch_size.',
  })
  @Min(1)
  paginateBy!: number | undefined;

  @Setting({
    key: 'storage_max_fetch_size',
    type: 'integer',
    default: 10_000,
    sentence: 'How many objects one answer may hold at all.',
  })
  @Min(1)
  maxFetchSize!: number;

  @Setting({
    key: 'pagination_token_validity_seconds',
    type: 'integer',
    default: 600,
    sentence: 'How long the next page of a DELETE can be asked for, once, in seconds.',
  })
  @Min(1)
  tokenValidity!: number;

  @Setting({
    key: 'max_body_bytes',
    type: 'integer',
    default: 16_777_216,
    sentence: 'How large a request body may be, in bytes; a larger one is refused with 413.',
  })
  @IsInt()
  @Min(1024)
  @Max(1_073_741_824)
  maxBodyBytes!: number;

  @Setting({
    key: 'cors_origins',
    type: 'list',
    default: ['*'],
    sentence: 'Which origins a browser may call from; * stands for any characters.',
  })
  corsOrigins!: readonly string[];

  @Setting({
    key: 'cors_max_age_seconds',
    type: 'integer',
    default: 3600,
    whenEmpty: 0,
    sentence: 'How long a browser may remember what it is allowed, in seconds; 0 or empty: it is not told.',
  })
  corsMaxAge!: number;

  @Setting({
    key: 'retry_after_seconds',
    type: 'integer',
    default: 3,
    sentence: 'After how many seconds a client should try again that got 409 or 503.',
  })
  retryAfter!: number;

  @Setting({
    key: 'backoff',
    type: 'integer',
    default: undefined,
    sentence: 'For how many seconds clients are asked to hold back, on every answer; empty: not at all.',
  })
  backoff!: number | undefined;

  @Setting({
    key: 'backoff_percentage',
    type: 'number',
    default: undefined,
    sentence: 'On how many of a hundred answers clients are asked that, at random; empty: on all.',
  })
  @Min(0)
  @Max(100)
  backoffPercentage!: number | undefined;

  @Setting({
    key: 'version_prefix_redirect_enabled',
    type: 'boolean',
    default: true,
    sentence: 'Whether a path without /v1 is redirected to the one with it.',
  })
  versionPrefixRedirect!: boolean;

  @Setting({
    key: 'version_prefix_redirect_ttl_seconds',
    type: 'integer',
    default: -1,
    sentence: 'How long a browser may remember that redirect, in seconds; -1: it is not told.',
  })
  versionPrefixTtl!: number;

  @Setting({
    key: 'trailing_slash_redirect_enabled',
    type: 'boolean',
    default: true,
    sentence: 'Whether an unknown path with a slash at the end is redirected to the one without.',
  })
  trailingSlashRedirect!: boolean;

  @Setting({
    key: 'trailing_slash_redirect_ttl_seconds',
    type: 'integer',
    default: 3600,
    sentence: 'How long a browser may remember that redirect, in seconds; -1: it is not told.',
  })
  trailingSlashTtl!: number;

  @Setting({
    key: 'root_cache_expires_seconds',
    type: 'integer',
    default: 86_400,
    sentence: 'How long hello may be remembered while nothing can be written, in seconds.',
  })
  rootCacheExpires!: number;

  @Setting({
    key: 'heartbeat_timeout_seconds',
    type: 'number',
    default: 10,
    sentence: 'How long the heartbeat waits for its checks, in seconds.',
  })
  @Min(0)
  heartbeatTimeout!: number;
}
