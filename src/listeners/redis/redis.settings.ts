import { IsInt, Max, Min, ValidateBy } from 'class-validator';
import { IsChannelTemplate } from '../../changes/channel-template.js';
import { DELIVERY_RULES } from '../../changes/delivery-rules.js';
import { Setting } from '../../settings/settings.js';
import { isRedisUrl } from '../../outgoing/redis-url.js';

export const REDIS_MODES = ['list', 'stream', 'pubsub'] as const;

export type RedisMode = (typeof REDIS_MODES)[number];

/** What kinto-redis falls back to. */
const DEFAULT_URL = 'redis://localhost:6379/0';

/** Looked up as `event_listeners.<name>.<key>`. */
export class RedisSettings {
  @Setting({
    key: 'url',
    type: 'string',
    default: DEFAULT_URL,
    whenEmpty: DEFAULT_URL,
    sentence:
      'Where Redis is: redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:///path?db=0.',
    secret: true,
  })
  @IsRedisUrl()
  url!: string;

  @Setting({
    key: 'mode',
    type: 'string',
    default: 'list',
    oneOf: REDIS_MODES,
    sentence: 'How changes are handed over: pushed to a list, added to a stream, or published to whoever listens then.',
  })
  mode!: RedisMode;

  @Setting({
    key: 'listname',
    type: 'string',
    default: 'kinto.core.events',
    sentence: 'The key of the list, with {placeholders}. The newest is at the left: take from the right.',
  })
  @IsChannelTemplate()
  listname!: string;

  @Setting({
    key: 'key',
    type: 'string',
    default: 'kumocast:changes',
    sentence: 'The key of the stream, with {placeholders}.',
  })
  @IsChannelTemplate()
  key!: string;

  @Setting({
    key: 'channel',
    type: 'string',
    default: '{bucket_id}-{collection_id}-{resource_name}',
    sentence: 'The channel to publish to, with {placeholders}; a change that has no value for one is not announced.',
  })
  @IsChannelTemplate()
  channel!: string;

  @Setting({
    key: 'max_length',
    type: 'integer',
    default: 0,
    sentence: 'How many messages a list keeps, and about how many a stream; the oldest go first. 0: all of them.',
  })
  @IsInt()
  @Min(0)
  maxLength!: number;

  @Setting({
    key: 'max_event_bytes',
    type: 'integer',
    default: 16_777_216,
    sentence: 'The largest message, in bytes of UTF-8; what changed in a larger one becomes a notice to fetch it.',
  })
  @IsInt()
  // The notice itself has to fit.
  @Min(1024)
  // More than this Redis takes in no value (proto-max-bulk-len).
  @Max(512 * 1024 * 1024)
  maxEventBytes!: number;

  @Setting({
    key: 'batch',
    type: 'integer',
    default: 100,
    sentence: 'How many changes are handed over in one transaction at most; 1: each in its own.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  batch!: number;

  @Setting({
    key: 'timeout',
    type: 'integer',
    default: 5000,
    sentence: 'Milliseconds Redis has to answer, also when connecting; then the changes are sent again.',
  })
  @IsInt()
  @Min(1)
  // Over before the feed ends the try, so that the log can say what it was.
  @Max(DELIVERY_RULES.timeout - 5000)
  timeout!: number;

  @Setting({
    key: 'pool_size',
    type: 'integer',
    default: undefined,
    sentence: 'Accepted for kinto.ini files; order needs one connection, and one is made.',
  })
  poolSize!: number | undefined;
}

function IsRedisUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isRedisUrl',
    validator: {
      validate: isRedisUrl,
      // Nothing of the value: it may hold a password.
      defaultMessage: () => 'is no such URL',
    },
  });
}
