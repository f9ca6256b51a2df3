import { ArrayNotEmpty, ArrayUnique, IsDefined, IsInt, IsNotEmpty, Matches, Min, ValidateBy } from 'class-validator';
import { Setting } from '../settings/setting.js';
import { WEBHOOK_EVENTS } from './webhooks/webhook-event.js';
import type { ChannelEvent } from './channel-events.js';

/** What a URL and a key of the settings carry as it is. */
const WORD = /^[A-Za-z0-9_-]+$/;
const OF_WORD = { message: 'is made of A-Z a-z 0-9 _ -' };
const NEEDED = { message: 'it is needed' };

/** What every app may say of itself: the server's own under `channels.`, others under `channels.apps.<name>.`. */
export class ChannelAppSettings {
  @Setting({
    key: 'client_events',
    type: 'boolean',
    default: true,
    sentence: 'Whether clients may send client-* events to each other on private and presence channels.',
  })
  clientEvents!: boolean;

  @Setting({
    key: 'subscription_count',
    type: 'boolean',
    default: false,
    sentence: 'Whether subscribers and webhooks are told how many subscriptions a channel has.',
  })
  subscriptionCount!: boolean;

  @Setting({
    key: 'webhook_urls',
    type: 'list',
    default: [],
    sentence:
      'URLs that are told, as Pusher webhooks, what happens to the channels of the app; each is told everything.',
    // Receivers have their tokens in it.
    secret: true,
  })
  @ArrayUnique({ message: 'has a URL twice' })
  @IsWebhookUrl()
  webhookUrls!: string[];

  @Setting({
    key: 'webhook_events',
    type: 'list',
    default: [...WEBHOOK_EVENTS],
    oneOf: WEBHOOK_EVENTS,
    sentence: 'What these URLs are told of.',
  })
  @ArrayNotEmpty()
  webhookEvents!: ChannelEvent['name'][];
}

/** An app beside the server's own. */
export class NamedAppSettings extends ChannelAppSettings {
  @Setting({
    key: 'app_id',
    type: 'string',
    default: undefined,
    sentence: 'The id of the app, different from all others; the libraries of Pusher want a number.',
  })
  @IsDefined(NEEDED)
  @Matches(WORD, OF_WORD)
  id!: string;

  @Setting({
    key: 'key',
    type: 'string',
    default: undefined,
    sentence: 'The key that clients of the app connect with.',
  })
  @IsDefined(NEEDED)
  @Matches(WORD, OF_WORD)
  key!: string;

  @Setting({
    key: 'secret',
    type: 'string',
    default: undefined,
    sentence: 'The secret that servers of the app sign with, and that its webhooks are signed with.',
    secret: true,
  })
  @IsDefined(NEEDED)
  @IsNotEmpty()
  secret!: string;

  @Setting({
    key: 'allowed_origins',
    type: 'list',
    default: undefined,
    sentence: 'The origins of web pages that may connect to the app; empty: those of channels.allowed_origins.',
  })
  @ArrayNotEmpty()
  allowedOrigins!: string[] | undefined;

  @Setting({
    key: 'max_connections',
    type: 'integer',
    default: 0,
    sentence:
      'The most connections of the app in this process (close code 4004 above it); 0 means no limit of its own.',
  })
  @IsInt()
  @Min(0)
  maxConnections!: number;
}

/** Which apps there are. */
export class ChannelAppsSettings {
  @Setting({
    key: 'channels.apps',
    type: 'list',
    default: [],
    sentence: 'Names of further Pusher apps, each with its own channels; settings under channels.apps.<name>.',
  })
  @ArrayUnique({ message: 'has a name twice' })
  @Matches(WORD, { each: true, message: 'a name is made of A-Z a-z 0-9 _ -' })
  names!: string[];
}

/** The message repeats nothing of the URL. */
function IsWebhookUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isWebhookUrl',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isWebhookUrl),
      defaultMessage: () => 'expected URLs that begin with http:// or https://, without a user and a password',
    },
  });
}

function isWebhookUrl(text: unknown): boolean {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}
