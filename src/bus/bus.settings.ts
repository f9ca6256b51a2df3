import { IsInt, Matches, Max, Min, ValidateBy } from 'class-validator';
import { isRedisUrl } from '../outgoing/redis-url.js';
import { Setting } from '../settings/setting.js';

/** A URL, never repeated in a message: there may be a password in it. */
function IsEmptyOrRedisUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isEmptyOrRedisUrl',
    validator: {
      validate: (url: unknown) => url === '' || isRedisUrl(url),
      defaultMessage: () => 'expected redis://user:password@host:6379/0, rediss://… or nothing',
    },
  });
}

/** How servers on one database reach each other. */
export class BusSettings {
  @Setting({
    key: 'bus_url',
    type: 'string',
    default: '',
    sentence:
      'The Redis through which several servers on one database tell each other at once what is new: ' +
      'redis://user:password@host:6379/0. Without one they find it in the database, storage_poll_interval later, and ' +
      'each has channels of its own.',
    secret: true,
  })
  @IsEmptyOrRedisUrl()
  url!: string;

  @Setting({
    key: 'bus_channel',
    type: 'string',
    default: 'kumocast',
    sentence: 'The channel of that Redis; another one for each database.',
  })
  @Matches(/^\S+$/, { message: 'expected a word' })
  channel!: string;

  @Setting({
    key: 'nodes.timeout',
    type: 'integer',
    default: 5_000,
    sentence: 'After how many milliseconds of silence on the bus the sockets of another server count as gone.',
  })
  @IsInt()
  @Min(1_000)
  @Max(60_000)
  timeout!: number;
}
