import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/setting.js';

/** The patience and the limits of the webhooks that tell apps' servers of their channels. */
export class WebhookSettings {
  @Setting({
    key: 'channels.webhooks.batch_window',
    type: 'integer',
    default: 50,
    sentence: 'Milliseconds in which events are gathered into one webhook; 0: each event is a webhook of its own.',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  batchWindow!: number;

  @Setting({
    key: 'channels.webhooks.max_batch',
    type: 'integer',
    default: 100,
    sentence: 'The most events of one webhook.',
  })
  @IsInt()
  @Min(1)
  maxBatch!: number;

  @Setting({
    key: 'channels.webhooks.max_batch_bytes',
    type: 'integer',
    default: 90_000,
    sentence: 'The most bytes of one webhook, if it has several events; many receivers refuse more than 100 kB.',
  })
  @IsInt()
  @Min(1024)
  maxBatchBytes!: number;

  @Setting({
    key: 'channels.webhooks.leave_delay',
    type: 'integer',
    default: 3000,
    sentence:
      'Milliseconds before a vacated channel or a member who left is told of; who is back by then was never gone.',
  })
  @IsInt()
  @Min(0)
  @Max(60_000)
  leaveDelay!: number;

  @Setting({
    key: 'channels.webhooks.timeout',
    type: 'integer',
    default: 10_000,
    sentence: 'Milliseconds a receiver has to answer a webhook with a 2xx status; then it is sent again later.',
  })
  @IsInt()
  @Min(10)
  @Max(300_000)
  timeout!: number;

  @Setting({
    key: 'channels.webhooks.allow_private_addresses',
    type: 'boolean',
    default: false,
    sentence: 'Whether webhooks may go to this machine and to private networks.',
  })
  allowPrivateAddresses!: boolean;

  @Setting({
    key: 'channels.webhooks.max_age',
    type: 'integer',
    default: 300,
    sentence: 'Seconds for which a webhook that fails is tried again; hosted Pusher gives up after 300, too.',
  })
  @IsInt()
  @Min(1)
  maxAge!: number;

  @Setting({
    key: 'channels.webhooks.max_waiting',
    type: 'integer',
    default: 10_000,
    sentence: 'The most webhooks that wait for one URL of one app; when there are more, the oldest are dropped.',
  })
  @IsInt()
  @Min(1)
  maxWaiting!: number;
}
