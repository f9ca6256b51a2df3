import { IsInt, Min } from 'class-validator';
import { IsChannelTemplate } from '../../changes/channel-template.js';
import { Setting } from '../../settings/settings.js';

/** Looked up as `event_listeners.<name>.<key>`. */
export class WebSocketSettings {
  @Setting({
    key: 'channel',
    type: 'string',
    default: '{bucket_id}-{collection_id}-{resource_name}',
    sentence: 'The channel of a change, with {placeholders}; a change that has no value for one is not announced.',
  })
  @IsChannelTemplate()
  channel!: string;

  @Setting({
    key: 'public_channels',
    type: 'string',
    default: 'open',
    oneOf: ['open', 'readable'],
    sentence: 'On channels that anybody may hear: every change (open), or what system.Everyone may read (readable).',
  })
  publicChannels!: string;

  @Setting({
    key: 'max_event_bytes',
    type: 'integer',
    default: 65_536,
    sentence: 'The largest payload, in bytes of UTF-8; a larger one becomes a notice to fetch it.',
  })
  @IsInt()
  // The notice itself has to fit.
  @Min(1024)
  maxEventBytes!: number;
}
