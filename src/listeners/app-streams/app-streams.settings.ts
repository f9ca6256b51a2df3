import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** Looked up as `event_listeners.<name>.<key>`, then as `streams.<key>` (seed-systems.md, 4.3). */
export class AppStreamsSettings {
  @Setting({
    key: 'max_per_owner',
    type: 'integer',
    default: 5,
    sentence: 'How many streams one user may keep.',
  })
  @IsInt()
  @Min(1)
  @Max(1000)
  maxPerOwner!: number;

  @Setting({
    key: 'max_connected_per_owner',
    type: 'integer',
    default: 2,
    sentence: 'How many of them may be connected to one server at a time.',
  })
  @IsInt()
  @Min(1)
  maxConnectedPerOwner!: number;

  @Setting({
    key: 'max_connections',
    type: 'integer',
    default: 1000,
    sentence: 'How many streams of all users may be connected to one server at a time: each reads the log by itself.',
  })
  @IsInt()
  @Min(1)
  maxConnections!: number;

  @Setting({
    key: 'keepalive',
    type: 'number',
    default: 50,
    sentence: 'At least every so many seconds a client has to send anything at all.',
  })
  @Min(0.05)
  @Max(3600)
  keepalive!: number;

  @Setting({
    key: 'keepalive_grace',
    type: 'number',
    default: 10,
    sentence: 'How many seconds later than that it may be.',
  })
  @Min(0)
  @Max(3600)
  keepaliveGrace!: number;

  @Setting({
    key: 'max_scope',
    type: 'integer',
    default: 50,
    sentence: 'How many patterns the scope of a stream may have: each is compared with every change.',
  })
  @IsInt()
  @Min(0)
  @Max(1000)
  maxScope!: number;

  @Setting({
    key: 'max_message_bytes',
    type: 'integer',
    default: 65_536,
    sentence: 'How large a message from a client may be, in bytes; a larger one ends the connection.',
  })
  @IsInt()
  @Min(1024)
  maxMessageBytes!: number;

  @Setting({
    key: 'messages_per_second',
    type: 'number',
    default: 50,
    sentence: 'How many messages a client may send in a second, over time; twice as many at once.',
  })
  @Min(1)
  messagesPerSecond!: number;
}
