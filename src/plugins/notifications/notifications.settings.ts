import { IsInt, Matches, Max, Min, ValidateIf } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** A year, in s. */
const YEAR = 31_536_000;

/** How users' own subscriptions are kept and told. */
export class NotificationsSettings {
  @Setting({
    key: 'notifications.max_per_user',
    type: 'integer',
    default: 20,
    sentence: 'How many webhooks, and how many push subscriptions, one user may have.',
  })
  @IsInt()
  @Min(0)
  @Max(1000)
  maxPerUser!: number;

  @Setting({
    key: 'notifications.max_triggers',
    type: 'integer',
    default: 50,
    sentence: 'How many triggers one subscription may have.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  maxTriggers!: number;

  @Setting({
    key: 'notifications.read_triggers',
    type: 'boolean',
    default: true,
    sentence: 'Whether users may be told that objects they may write have been read; never by whom.',
  })
  readTriggers!: boolean;

  @Setting({
    key: 'notifications.max_reads',
    type: 'integer',
    default: 250,
    sentence: 'Of how many objects one subscription is told reads in a minute; further ones are left out.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  maxReads!: number;

  @Setting({
    key: 'notifications.subscription_ttl',
    type: 'integer',
    default: 2_592_000,
    sentence: 'After how many seconds a push subscription that nobody has written again is deleted; 0: never.',
  })
  @IsInt()
  @Min(0)
  @Max(10 * YEAR)
  subscriptionTtl!: number;

  @Setting({
    key: 'notifications.timeout',
    type: 'integer',
    default: 10_000,
    sentence: 'Milliseconds a receiver or a push service has to answer.',
  })
  @IsInt()
  @Min(1)
  @Max(60_000)
  timeout!: number;

  @Setting({
    key: 'notifications.first_wait',
    type: 'integer',
    default: 1000,
    sentence: 'Milliseconds after which what failed is sent again; doubled each time, up to an hour.',
  })
  @IsInt()
  @Min(1)
  @Max(3_600_000)
  firstWait!: number;

  @Setting({
    key: 'notifications.give_up_after',
    type: 'integer',
    default: 259_200,
    sentence: 'After how many seconds of failing a webhook is disabled, until its owner writes it again.',
  })
  @IsInt()
  @Min(1)
  @Max(YEAR)
  giveUpAfter!: number;

  @Setting({
    key: 'notifications.max_body_bytes',
    type: 'integer',
    default: 65_536,
    sentence: 'About how large the body of one webhook may be, in bytes; more changes come in the next one.',
  })
  @IsInt()
  @Min(16_384)
  @Max(10_485_760)
  maxBodyBytes!: number;

  @Setting({
    key: 'notifications.parallel',
    type: 'integer',
    default: 64,
    sentence: 'How many notifications are on their way at once, to all receivers together.',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  parallel!: number;

  @Setting({
    key: 'notifications.push_interval',
    type: 'integer',
    default: 1000,
    sentence: 'Milliseconds between two push messages to one subscription; what changes meanwhile comes together.',
  })
  @IsInt()
  @Min(0)
  @Max(3_600_000)
  pushInterval!: number;

  @Setting({
    key: 'notifications.allowed_hosts',
    type: 'list',
    default: [],
    sentence: 'The only hosts that may be notified, as names; empty: every public one.',
  })
  allowedHosts!: readonly string[];

  @Setting({
    key: 'notifications.allow_private_addresses',
    type: 'boolean',
    default: false,
    sentence: 'Whether users may have this machine and private networks called, and http: URLs: for tests.',
  })
  allowPrivateAddresses!: boolean;
}

/** The identity that all web push of this server shares: the rows are those of the listeners of the kind webpush. */
export class VapidSettings {
  @Setting({ key: 'vapid_public_key', type: 'string', default: undefined, sentence: 'The public VAPID key.' })
  @ValidateIf((_, value) => value !== undefined)
  @Matches(/^[A-Za-z0-9_-]{87}$/, { message: 'is 65 bytes in base64url, 87 characters' })
  vapidPublicKey!: string | undefined;

  @Setting({
    key: 'vapid_private_key',
    type: 'string',
    default: undefined,
    sentence: 'The private VAPID key.',
    secret: true,
  })
  @ValidateIf((_, value) => value !== undefined)
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'is 32 bytes in base64url, 43 characters' })
  vapidPrivateKey!: string | undefined;

  @Setting({ key: 'subject', type: 'string', default: undefined, sentence: 'Whom a push service may write to.' })
  subject!: string | undefined;
}
