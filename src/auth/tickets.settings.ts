import { IsInt, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';

/** What stands for a credential where no header can be sent. */
export class TicketSettings {
  @Setting({
    key: 'realtime.max_tickets',
    type: 'integer',
    default: 10_000,
    sentence: 'The most tickets that are kept for those who cannot send headers; the oldest give way.',
  })
  @IsInt()
  @Min(1)
  maxTickets!: number;
}
