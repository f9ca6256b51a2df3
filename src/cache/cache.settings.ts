import { IsInt, Min, ValidateBy, ValidateIf } from 'class-validator';
import { isRedisUrl } from '../outgoing/redis-url.js';
import { IsKnownName, resolveDottedName, Setting } from '../settings/settings.js';

/** A URL, never repeated in a message: there may be a password in it. */
function IsRedisUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isRedisUrl',
    validator: {
      validate: isRedisUrl,
      defaultMessage: () => 'the redis cache expects redis://user:password@host:6379/0',
    },
  });
}

export class CacheSettings {
  @Setting({
    key: 'cache_backend',
    type: 'string',
    default: 'memory',
    sentence: 'Where values live that may vanish: memory, or redis, which several servers share.',
  })
  @IsKnownName('cache', ['memory', 'redis'])
  cacheBackend!: string;

  @Setting({
    key: 'cache_url',
    type: 'string',
    default: '',
    sentence: 'The Redis: redis://user:password@host:6379/0, or rediss:// with TLS. The memory cache needs none.',
    secret: true,
  })
  // The memory cache has no use for it, and a kinto.ini may still have that of another one.
  @ValidateIf(({ cacheBackend }: CacheSettings) => resolveDottedName('cache', cacheBackend) === 'redis')
  @IsRedisUrl()
  cacheUrl!: string;

  @Setting({
    key: 'cache_prefix',
    type: 'string',
    default: '',
    sentence: 'What tells the keys of this cache from those of another in the same Redis.',
  })
  cachePrefix!: string;

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
