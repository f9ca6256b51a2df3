import { IsDefined, IsInt, IsNotEmpty, Matches, Max, Min } from 'class-validator';
import { IsChannelTemplate } from '../../changes/channel-template.js';
import { DELIVERY_RULES } from '../../changes/delivery-rules.js';
import { Setting } from '../../settings/settings.js';

/** What a URL carries as it is: the library puts the id into the path and the key into the query unencoded. */
const URL_WORD = /^[A-Za-z0-9_-]+$/;
/** A name or an address, IPv6 in brackets; no scheme, port or path. */
const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?$/;
const NEEDED = { message: 'it is needed' };

/** Looked up as `event_listeners.<name>.<key>`, then as `pusher.<key>`, where kinto-pusher has its credentials. */
export class PusherSettings {
  @Setting({
    key: 'app_id',
    type: 'string',
    default: undefined,
    sentence: 'The id of the Pusher app; also taken from pusher.app_id.',
  })
  @IsDefined(NEEDED)
  @Matches(URL_WORD, { message: 'is made of A-Z a-z 0-9 _ -' })
  appId!: string;

  @Setting({
    key: 'key',
    type: 'string',
    default: undefined,
    sentence: 'The key of the Pusher app; also taken from pusher.key.',
  })
  @IsDefined(NEEDED)
  @Matches(URL_WORD, { message: 'is made of A-Z a-z 0-9 _ -' })
  key!: string;

  @Setting({
    key: 'secret',
    type: 'string',
    default: undefined,
    sentence: 'The secret of the Pusher app; also taken from pusher.secret.',
    secret: true,
  })
  @IsDefined(NEEDED)
  @IsNotEmpty()
  secret!: string;

  @Setting({
    key: 'cluster',
    type: 'string',
    default: '',
    sentence: 'The cluster of hosted Pusher, e.g. eu; empty: its first one. Without effect when a host is given.',
  })
  @Matches(/^[A-Za-z0-9-]*$/, { message: 'is made of A-Z a-z 0-9 -' })
  cluster!: string;

  @Setting({
    key: 'host',
    type: 'string',
    default: '',
    sentence: 'The host of a Pusher-compatible server; empty: hosted Pusher.',
  })
  @Matches(HOST, { message: 'is a host name or an address alone, without scheme, port and path' })
  host!: string;

  @Setting({
    key: 'port',
    type: 'integer',
    default: undefined,
    sentence: 'The port of that server; empty: 443 with TLS, else 80.',
  })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port!: number | undefined;

  @Setting({
    key: 'use_tls',
    type: 'boolean',
    default: undefined,
    sentence: 'Whether to speak https; empty: yes with hosted Pusher, no when a host is given.',
  })
  useTls!: boolean | undefined;

  @Setting({
    key: 'timeout',
    type: 'integer',
    default: 5000,
    sentence: 'Milliseconds the server has to answer; then the event is sent again.',
  })
  @IsInt()
  @Min(1)
  // The request must be over before the feed ends the try, or two tries would be under way at once.
  @Max(DELIVERY_RULES.timeout - 5000)
  timeout!: number;

  @Setting({
    key: 'max_event_bytes',
    type: 'integer',
    default: 10_240,
    sentence:
      'The largest payload, in bytes of UTF-8 (Pusher allows 10240); a larger one becomes a notice to fetch it.',
  })
  @IsInt()
  // The notice itself has to fit.
  @Min(1024)
  maxEventBytes!: number;

  @Setting({
    key: 'batch',
    type: 'integer',
    default: 10,
    sentence: 'How many events go into one request when several wait (Pusher allows 10); 1: each into its own.',
  })
  @IsInt()
  @Min(1)
  @Max(100)
  batch!: number;

  @Setting({
    key: 'channel',
    type: 'string',
    default: '{bucket_id}-{collection_id}-{resource_name}',
    sentence: 'The channel of a change, with {placeholders}; a change that has no value for one is not announced.',
  })
  @IsChannelTemplate()
  @Matches(/^(?!private-encrypted-)/, { message: 'cannot be encrypted: this listener has no master key' })
  channel!: string;
}
