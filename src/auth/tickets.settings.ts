import { IsInt, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';

/** What stands for a credential where no header can be sent. */
export class TicketSettings {
  @Setting({
    key: 'realtime.max_tickets',
    type: 'integer',
    default: 10_000,
    sentence:
      'The most tickets that are kept in memory, for those who cannot send headers; the oldest give way. A cache that ' +
      'several servers share has them instead.',
  })
  @IsInt()
  @Min(1)
  maxTickets!: number;
}
