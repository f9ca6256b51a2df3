import { IsInt, Max, MaxLength, Min, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator';
import { isPostgresqlUrl } from '../outgoing/postgresql-url.js';
import { isRedisUrl } from '../outgoing/redis-url.js';
import { IsKnownName, resolveDottedName, Setting } from '../settings/settings.js';

/** Of the caches that several servers share: which URLs lead to one. */
const URLS: Readonly<Record<string, { readonly isOne: (url: unknown) => boolean; readonly form: string }>> = {
  redis: { isOne: isRedisUrl, form: 'redis://user:password@host:6379/0' },
  postgresql: { isOne: isPostgresqlUrl, form: 'postgresql://user:password@host:5432/name' },
};

function backendOf({ cacheBackend }: CacheSettings): string {
  return resolveDottedName('cache', cacheBackend);
}

/** A URL, never repeated in a message: there may be a password in it. */
function IsUrlOfBackend(): PropertyDecorator {
  const kindOf = (context: ValidationArguments | undefined) => URLS[backendOf(context?.object as CacheSettings)];
  return ValidateBy({
    name: 'isUrlOfBackend',
    validator: {
      validate: (url: unknown, context) => kindOf(context)?.isOne(url) === true,
      defaultMessage: (context) =>
        `the ${backendOf(context?.object as CacheSettings)} cache expects ${kindOf(context)?.form ?? ''}`,
    },
  });
}

export class CacheSettings {
  @Setting({
    key: 'cache_backend',
    type: 'string',
    default: 'memory',
    sentence: 'Where values live that may vanish: memory, or redis or postgresql, which several servers share.',
  })
  @IsKnownName('cache', ['memory', 'redis', 'postgresql'])
  cacheBackend!: string;

  @Setting({
    key: 'cache_url',
    type: 'string',
    default: '',
    sentence:
      'The Redis: redis://user:password@host:6379/0, or rediss:// with TLS. Or the PostgreSQL database, which may be ' +
      'that of the storage: postgresql://user:password@host:5432/name. The memory cache needs none.',
    secret: true,
  })
  // The memory cache has no use for it, and a kinto.ini may still have that of another one.
  @ValidateIf((settings: CacheSettings) => backendOf(settings) in URLS)
  @IsUrlOfBackend()
  cacheUrl!: string;

  @Setting({
    key: 'cache_prefix',
    type: 'string',
    default: '',
    sentence: 'What tells the keys of this cache from those of another in the same Redis or database.',
  })
  // Kinto's table has 256 characters for a key.
  @MaxLength(100)
  cachePrefix!: string;

  @Setting({
    key: 'cache_pool_size',
    type: 'integer',
    default: 10,
    sentence: 'How many connections the postgresql cache may have.',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  cachePoolSize!: number;

  @Setting({
    key: 'cache_max_size_bytes',
    type: 'integer',
    default: 524_288,
    sentence: 'How much the memory cache may hold, in bytes of keys and values; the oldest go first.',
  })
  @IsInt()
  @Min(1024)
  cacheMaxSize!: number;
}
