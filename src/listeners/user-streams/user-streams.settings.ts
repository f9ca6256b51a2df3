import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** Looked up as `event_listeners.<name>.<key>`, then as `user_streams.<key>` (seed-systems.md, 4.4). */
export class UserStreamsSettings {
  @Setting({
    key: 'max_per_owner',
    type: 'integer',
    default: 5,
    sentence:
      'How many user streams one user may have on one server; of those without a connection the oldest gives way.',
  })
  @IsInt()
  @Min(1)
  maxPerOwner!: number;

  @Setting({
    key: 'max_streams',
    type: 'integer',
    default: 10_000,
    sentence: 'How many there may be on one server, connected or waiting for their client to come back.',
  })
  @IsInt()
  @Min(1)
  maxStreams!: number;

  @Setting({
    key: 'max_subscriptions',
    type: 'integer',
    default: 50,
    sentence: 'How many lists may be followed on one connection.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  maxSubscriptions!: number;

  @Setting({
    key: 'resume_for',
    type: 'number',
    default: 300,
    sentence:
      'For how many seconds a client that was cut off may come back to its connection and all its subscriptions.',
  })
  @Min(0)
  @Max(86_400)
  resumeFor!: number;

  @Setting({
    key: 'keepalive',
    type: 'number',
    default: 60,
    sentence: 'After how many seconds without a sign of life a socket is given up; answers to pings are such signs.',
  })
  @Min(0.1)
  @Max(3600)
  keepalive!: number;

  @Setting({
    key: 'max_message_bytes',
    type: 'integer',
    default: 4096,
    sentence: 'How large a message from a client may be, in bytes; a larger one ends the connection.',
  })
  @IsInt()
  @Min(64)
  maxMessageBytes!: number;

  @Setting({
    key: 'messages_per_second',
    type: 'number',
    default: 10,
    sentence: 'How many messages a client may send in a second, over time; twice as many at once.',
  })
  @Min(1)
  messagesPerSecond!: number;
}
