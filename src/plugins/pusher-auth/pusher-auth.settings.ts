import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/setting.js';

/** Who may hear what on channels: the endpoints that sign for this server's own app. */
export class PusherAuthSettings {
  @Setting({
    key: 'pusher.jsonp_enabled',
    type: 'boolean',
    default: false,
    sentence: 'Whether /pusher/auth also answers GET with a callback (JSONP), as old pages on other domains ask it.',
  })
  jsonpEnabled!: boolean;

  @Setting({
    key: 'pusher.auth_lifetime',
    type: 'integer',
    default: 60,
    sentence: 'Seconds within which a client must subscribe with the signature that /pusher/auth gave it.',
  })
  @IsInt()
  @Min(1)
  @Max(3600)
  authLifetime!: number;

  @Setting({
    key: 'pusher.auth_max_channels',
    type: 'integer',
    default: 100,
    sentence: 'The most channels that one request to /pusher/auth may name.',
  })
  @IsInt()
  @Min(1)
  maxChannels!: number;

  @Setting({
    key: 'pusher.jsonp_max_addresses',
    type: 'integer',
    default: 10_000,
    sentence: 'For how many logins there is an auth_url that such a page needs no more than; the oldest give way.',
  })
  @IsInt()
  @Min(1)
  maxAddresses!: number;

  @Setting({
    key: 'items.max_event_bytes',
    type: 'integer',
    default: 65_536,
    sentence:
      'The largest item, in bytes of UTF-8, on the channels of items; a larger one becomes a notice to fetch it.',
  })
  @IsInt()
  // The notice itself has to fit.
  @Min(1024)
  maxItemBytes!: number;

  @Setting({
    key: 'items.max_replay',
    type: 'integer',
    default: 1000,
    sentence:
      'How many missed changes are told to who subscribes with a position; who missed more is told to read anew.',
  })
  @IsInt()
  @Min(0)
  maxReplay!: number;

  @Setting({
    key: 'items.max_replay_bytes',
    type: 'integer',
    default: 262_144,
    sentence: 'How many characters of items that may be: they wait for the client within channels.buffer_bytes.',
  })
  @IsInt()
  @Min(0)
  maxReplayCharacters!: number;
}
