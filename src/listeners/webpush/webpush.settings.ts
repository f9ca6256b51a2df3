import { IsDefined, IsInt, Matches, Max, Min } from 'class-validator';
import { DELIVERY_RULES } from '../../changes/delivery-rules.js';
import { URGENCIES, type Urgency } from '../../outgoing/webpush/push-sender.js';
import { Setting } from '../../settings/settings.js';

const NEEDED = { message: 'it is needed' };

/** Four weeks: what push services keep a message for at most. */
const LONGEST_TTL = 2_419_200;

/** Looked up as `event_listeners.<name>.<key>`, then as `webpush.<key>`, so that all senders share one VAPID key. */
export class WebPushSettings {
  @Setting({
    key: 'vapid_public_key',
    type: 'string',
    default: undefined,
    sentence: 'The public VAPID key, which browsers subscribe with, in base64url; also taken from webpush.*.',
  })
  @IsDefined(NEEDED)
  @Matches(/^[A-Za-z0-9_-]{87}$/, { message: 'is 65 bytes in base64url, 87 characters' })
  vapidPublicKey!: string;

  @Setting({
    key: 'vapid_private_key',
    type: 'string',
    default: undefined,
    sentence: 'The private VAPID key, in base64url; also taken from webpush.*.',
    secret: true,
  })
  @IsDefined(NEEDED)
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'is 32 bytes in base64url, 43 characters' })
  vapidPrivateKey!: string;

  @Setting({
    key: 'subject',
    type: 'string',
    default: undefined,
    sentence: 'Whom a push service may write to about this sender: mailto:… or https://…',
  })
  @IsDefined(NEEDED)
  // Apple's push service refuses every message of a sender at localhost.
  @Matches(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/(?!localhost\b)[^\s/]+\S*)$/, {
    message: 'is mailto: and an address, or an https: URL that is not of localhost',
  })
  subject!: string;

  @Setting({
    key: 'subscriptions',
    type: 'string',
    default: '',
    sentence: 'A JSON file: a list of push subscriptions, each with "collections" if it wants only those.',
  })
  subscriptions!: string;

  @Setting({
    key: 'stored_in',
    type: 'string',
    default: '',
    sentence: 'A collection whose records are push subscriptions, as /buckets/<id>/collections/<id>.',
  })
  @Matches(/^(\/buckets\/[^/\s]+\/collections\/[^/\s]+(\/records)?)?$/, {
    message: 'is a collection: /buckets/<id>/collections/<id>',
  })
  storedIn!: string;

  @Setting({
    key: 'max_subscriptions',
    type: 'integer',
    default: 10_000,
    sentence: 'How many of the stored subscriptions are used, the newest first.',
  })
  @IsInt()
  @Min(1)
  maxSubscriptions!: number;

  @Setting({
    key: 'include_data',
    type: 'boolean',
    default: false,
    sentence: 'Whether the message of a single object has the object in it, if it fits.',
  })
  includeData!: boolean;

  @Setting({
    key: 'ttl',
    type: 'integer',
    default: 86_400,
    sentence: 'Seconds a push service keeps a message for a device that sleeps, and this server one that nobody took.',
  })
  @IsInt()
  @Min(0)
  @Max(LONGEST_TTL)
  ttl!: number;

  @Setting({
    key: 'urgency',
    type: 'string',
    default: 'normal',
    oneOf: URGENCIES,
    sentence: 'How soon a device that saves power shall hear of it.',
  })
  urgency!: Urgency;

  @Setting({
    key: 'timeout',
    type: 'integer',
    default: 10_000,
    sentence: 'Milliseconds a push service has to answer.',
  })
  @IsInt()
  @Min(1)
  // The request must be over before the feed ends the try, or it would be cut off without an answer.
  @Max(DELIVERY_RULES.timeout - 5000)
  timeout!: number;

  @Setting({
    key: 'retry_for',
    type: 'integer',
    default: 600,
    sentence: 'Seconds a message is sent again to those that failed while others took it; later messages wait so long.',
  })
  @IsInt()
  @Min(0)
  retryFor!: number;

  @Setting({
    key: 'pause',
    type: 'integer',
    default: 600,
    sentence: 'Seconds nothing is sent to who refused a message or failed for too long; doubled up to an hour.',
  })
  @IsInt()
  @Min(1)
  pause!: number;

  @Setting({
    key: 'parallel',
    type: 'integer',
    default: 4,
    sentence: 'How many messages are on their way to one push service at once.',
  })
  @IsInt()
  @Min(1)
  @Max(32)
  parallel!: number;

  @Setting({
    key: 'allow_private_addresses',
    type: 'boolean',
    default: false,
    sentence: 'Whether push services may be on this machine, in a private network, or without TLS: for tests.',
  })
  allowPrivateAddresses!: boolean;
}
