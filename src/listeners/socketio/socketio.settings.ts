import { ArrayMinSize, IsIn, IsInt, Matches, Max, Min } from 'class-validator';
import { Setting } from '../../settings/settings.js';

/** How Socket.IO is spoken; looked up as `event_listeners.<name>.<key>`, then as `socketio.<key>`. */
export class SocketIoSettings {
  @Setting({
    key: 'path',
    type: 'string',
    default: '/socket.io',
    sentence: 'Where clients connect, and where the client itself is served as socket.io.js; also below /v1.',
  })
  @Matches(/^(\/[A-Za-z0-9._-]+)+$/, { message: 'it begins with a slash and ends without one' })
  path!: string;

  @Setting({
    key: 'transports',
    type: 'list',
    default: ['polling', 'websocket'],
    sentence: 'polling and websocket, or one of them; several servers need sticky routing for polling.',
  })
  @ArrayMinSize(1)
  @IsIn(['polling', 'websocket'], { each: true })
  transports!: readonly ('polling' | 'websocket')[];

  @Setting({
    key: 'event_aliases',
    type: 'list',
    default: ['channelsChanged:bucketsChanged', 'foldersChanged:collectionsChanged', 'eventsChanged:recordsChanged'],
    sentence: 'Other names of messages, alias:name; sent as well to who connects with resource= or names=pryv.',
  })
  @Matches(/^\w+:\w+$/, { each: true, message: 'each is an alias, a colon and a name' })
  eventAliases!: readonly string[];

  @Setting({
    key: 'aliases_for_all',
    type: 'boolean',
    default: false,
    sentence: 'Whether everybody gets the messages under their other names, too.',
  })
  aliasesForAll!: boolean;

  @Setting({
    key: 'coalesce',
    type: 'integer',
    default: 50,
    sentence: 'For how many milliseconds changes are gathered before one message tells of them.',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  coalesce!: number;

  @Setting({
    key: 'max_packet_bytes',
    type: 'integer',
    default: 1_048_576,
    sentence: 'How large a packet from a client may be, in bytes; a larger one ends the connection.',
  })
  @IsInt()
  @Min(1024)
  maxPacketBytes!: number;

  @Setting({ key: 'ping_interval', type: 'number', default: 25, sentence: 'Seconds between two pings.' })
  @Min(0.05)
  @Max(3600)
  pingInterval!: number;

  @Setting({
    key: 'ping_timeout',
    type: 'number',
    default: 20,
    sentence: 'How long, in seconds, the answer to a ping may take.',
  })
  @Min(0.05)
  @Max(3600)
  pingTimeout!: number;

  @Setting({
    key: 'max_connections',
    type: 'integer',
    default: 10_000,
    sentence: 'How many connections there may be at a time.',
  })
  @IsInt()
  @Min(0)
  maxConnections!: number;

  @Setting({
    key: 'max_connections_per_user',
    type: 'integer',
    default: 100,
    sentence: 'How many namespaces one user may be connected to at a time, all connections together.',
  })
  @IsInt()
  @Min(0)
  maxConnectionsPerUser!: number;

  @Setting({
    key: 'max_subscriptions',
    type: 'integer',
    default: 100,
    sentence: 'How many lists one socket may be subscribed to.',
  })
  @IsInt()
  @Min(0)
  maxSubscriptions!: number;

  @Setting({
    key: 'commands_per_second',
    type: 'number',
    default: 50,
    sentence: 'How many commands a socket may send in a second, over time; twice as many at once.',
  })
  @Min(1)
  commandsPerSecond!: number;

  @Setting({
    key: 'commands_in_flight',
    type: 'integer',
    default: 25,
    sentence: 'How many commands of one socket are carried out at a time; what comes then is refused with 429.',
  })
  @IsInt()
  @Min(1)
  commandsInFlight!: number;

  @Setting({
    key: 'failed_handshakes',
    type: 'integer',
    default: 10,
    sentence:
      'After how many refusals in a minute one credential from one address is not even looked at; 0: never. Servers ' +
      'that share a cache count together.',
  })
  @IsInt()
  @Min(0)
  failedHandshakes!: number;
}

/** The other names of that message. */
export function aliasesOf(event: string, { eventAliases }: Readonly<SocketIoSettings>): string[] {
  return eventAliases.filter((each) => each.endsWith(`:${event}`)).map((each) => each.slice(0, each.indexOf(':')));
}
