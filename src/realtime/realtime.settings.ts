import { ArrayNotEmpty, IsIn, IsInt, Max, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';
import { PusherSettings } from './pusher/pusher.settings.js';

/** The limits and the patience of the channels server. Every limit guards memory or a neighbour's share of the CPU. */
export class RealtimeSettings extends PusherSettings {
  @Setting({
    key: 'channels.activity_timeout',
    type: 'integer',
    default: 120,
    sentence: 'Seconds of silence after which a client is asked to answer; also told to clients, who then ask us.',
  })
  @IsInt()
  // Never 0: pusher-js then closes the socket and does not try again (pusher-protocol.md, 1.3).
  @Min(1)
  @Max(86_400)
  activityTimeout!: number;

  @Setting({
    key: 'channels.pong_timeout',
    type: 'integer',
    default: 30,
    sentence: 'Seconds a client has to answer before its connection is closed as dead.',
  })
  @IsInt()
  @Min(1)
  @Max(3600)
  pongTimeout!: number;

  @Setting({
    key: 'channels.max_connections',
    type: 'integer',
    default: 0,
    sentence: 'The most connections of this process, so that memory stays predictable; 0 means no limit.',
  })
  @IsInt()
  @Min(0)
  maxConnections!: number;

  @Setting({
    key: 'channels.max_frame_bytes',
    type: 'integer',
    default: 32_768,
    sentence: 'The largest message a client may send, in bytes; the largest honest one subscribes with channel data.',
  })
  @IsInt()
  @Min(1024)
  maxFrameBytes!: number;

  @Setting({
    key: 'channels.max_event_bytes',
    type: 'integer',
    default: 10_240,
    sentence: 'The largest data of one event, in bytes of UTF-8; Pusher allows 10240.',
  })
  @IsInt()
  @Min(1)
  maxEventBytes!: number;

  @Setting({
    key: 'channels.max_channel_name',
    type: 'integer',
    default: 200,
    sentence: 'The longest channel name, in characters; Pusher documents 164 and its libraries allow 200.',
  })
  @IsInt()
  @Min(1)
  maxChannelName!: number;

  @Setting({
    key: 'channels.max_event_name',
    type: 'integer',
    default: 200,
    sentence: 'The longest event name, in characters.',
  })
  @IsInt()
  @Min(1)
  maxEventName!: number;

  @Setting({
    key: 'channels.max_channels_per_event',
    type: 'integer',
    default: 100,
    sentence: 'The most channels one request may send an event to.',
  })
  @IsInt()
  @Min(1)
  maxChannelsPerEvent!: number;

  @Setting({
    key: 'channels.max_batch',
    type: 'integer',
    default: 10,
    sentence: 'The most events of one batch request.',
  })
  @IsInt()
  @Min(1)
  maxBatch!: number;

  @Setting({
    key: 'channels.max_subscriptions_per_connection',
    type: 'integer',
    default: 1000,
    sentence: 'The most channels one connection may be subscribed to, so that one client cannot fill the memory.',
  })
  @IsInt()
  @Min(1)
  maxSubscriptionsPerConnection!: number;

  @Setting({
    key: 'channels.max_malformed_messages',
    type: 'integer',
    default: 100,
    sentence: 'How many malformed messages a connection may send before it is closed.',
  })
  @IsInt()
  @Min(1)
  maxMalformedMessages!: number;

  @Setting({
    key: 'channels.buffer_bytes',
    type: 'integer',
    default: 1_048_576,
    sentence: 'Bytes that may wait for one client to read them; above it the slow reader is let go (close code 4100).',
  })
  @IsInt()
  @Min(1024)
  bufferBytes!: number;

  @Setting({
    key: 'channels.allowed_origins',
    type: 'list',
    default: ['*'],
    sentence: 'The origins of web pages that may connect, with * for any run of characters; other clients have none.',
  })
  @ArrayNotEmpty()
  allowedOrigins!: string[];

  @Setting({
    key: 'channels.signature_tolerance',
    type: 'integer',
    default: 600,
    sentence: 'Seconds by which the timestamp of a signed API request may differ from our clock.',
  })
  @IsInt()
  @Min(1)
  signatureTolerance!: number;

  @Setting({
    key: 'channels.shutdown_grace',
    type: 'integer',
    default: 2,
    sentence: 'Seconds in which clients may answer the close of a stopping server before their sockets are cut.',
  })
  @IsInt()
  @Min(0)
  @Max(60)
  shutdownGrace!: number;

  @Setting({
    key: 'channels.shutdown_rate',
    type: 'integer',
    default: 5000,
    sentence: 'Connections a stopping server closes in a second, so that their clients do not all come back at once.',
  })
  @IsInt()
  @Min(1)
  shutdownRate!: number;

  @Setting({
    key: 'channels.shutdown_code',
    type: 'integer',
    default: 1012,
    sentence:
      'What they are closed with: 1012, come back in a second; 4200, at once: only where another server takes over.',
  })
  @IsIn([1012, 4200], { message: 'expected 1012 or 4200' })
  shutdownCode!: number;
}
