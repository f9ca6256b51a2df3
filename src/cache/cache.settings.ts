import { IsInt, Min } from 'class-validator';
import { IsKnownName, Setting } from '../settings/settings.js';

export class CacheSettings {
  @Setting({
    key: 'cache_backend',
    type: 'string',
    default: 'memory',
    sentence: 'Where values live that may vanish: memory.',
  })
  @IsKnownName('cache', ['memory'])
  cacheBackend!: string;

  @Setting({
    key: 'cache_url',
    type: 'string',
    default: '',
    sentence: 'Accepted for kinto.ini files; the memory cache needs none.',
    secret: true,
  })
  cacheUrl!: string;

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
