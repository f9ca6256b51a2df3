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
    key: 'realtime.max_tickets',
    type: 'integer',
    default: 10_000,
    sentence: 'The most tickets that are kept for those who cannot send headers; the oldest give way.',
  })
  @IsInt()
  @Min(1)
  maxTickets!: number;
}
