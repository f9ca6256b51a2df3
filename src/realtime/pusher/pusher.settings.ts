import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/setting.js';

/** What the Pusher protocol limits beyond frames and names (pusher-protocol.md, 1.7). */
export class PusherSettings {
  @Setting({
    key: 'channels.max_presence_members',
    type: 'integer',
    default: 100,
    sentence: 'The most users on one presence channel; each who joins is told of all of them.',
  })
  @IsInt()
  @Min(1)
  maxPresenceMembers!: number;

  @Setting({
    key: 'channels.member_removed_delay',
    type: 'integer',
    default: 0,
    sentence: 'Seconds that a member of a presence channel whose connection has ended may take to come back unnoticed.',
  })
  @IsInt()
  @Min(0)
  @Max(60)
  memberRemovedDelay!: number;

  @Setting({
    key: 'channels.max_user_info_bytes',
    type: 'integer',
    default: 1024,
    sentence: 'The largest user_info of a member of a presence channel, in bytes of JSON.',
  })
  @IsInt()
  @Min(1)
  maxUserInfoBytes!: number;

  @Setting({
    key: 'channels.max_user_id',
    type: 'integer',
    default: 128,
    sentence: 'The longest user id, in characters.',
  })
  @IsInt()
  @Min(1)
  maxUserId!: number;

  @Setting({
    key: 'channels.max_watchlist',
    type: 'integer',
    default: 100,
    sentence: 'How many users one user may watch go online and offline; 0 turns watchlists off.',
  })
  @IsInt()
  @Min(0)
  maxWatchlist!: number;

  @Setting({
    key: 'channels.client_events_per_second',
    type: 'integer',
    default: 10,
    sentence: 'The most client events of one connection in any second; the ones above get the error 4301.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  clientEventsPerSecond!: number;

  @Setting({
    key: 'channels.cache_ttl',
    type: 'integer',
    default: 1800,
    sentence: 'Seconds for which a cache channel keeps its last event.',
  })
  @IsInt()
  @Min(1)
  cacheTtl!: number;

  @Setting({
    key: 'channels.cache_bytes',
    type: 'integer',
    default: 16_777_216,
    sentence: 'Bytes that the last events of all cache channels may take together; the oldest give way.',
  })
  @IsInt()
  @Min(1024)
  cacheBytes!: number;

  @Setting({
    key: 'channels.subscription_count_interval',
    type: 'integer',
    default: 5,
    sentence: 'Seconds between two subscription counts of a channel with more than 100 subscribers.',
  })
  @IsInt()
  @Min(1)
  @Max(3600)
  subscriptionCountInterval!: number;

  @Setting({
    key: 'channels.authorization_timeout',
    type: 'integer',
    default: 0,
    sentence: 'Seconds within which a client must sign in or join a private or presence channel; 0 asks nobody to.',
  })
  @IsInt()
  @Min(0)
  @Max(3600)
  authorizationTimeout!: number;
}
