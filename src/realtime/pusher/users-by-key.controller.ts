import { Controller, HttpCode, Param, Post, UseFilters, UseGuards } from '@nestjs/common';
import { CLOSE } from '../close-codes.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { ChannelsApiErrorFilter } from './channels-api-error.js';
import { Signed, SignedRequestGuard, type SignedCall } from './signed-request.guard.js';
import { Users } from './users.js';

/** What Python's library asks without saying of which app: the key tells (pusher-protocol.md, 5.7). */
@Controller('users')
@UseGuards(SignedRequestGuard)
@UseFilters(ChannelsApiErrorFilter)
export class UsersByKeyController {
  constructor(
    private readonly users: Users,
    private readonly elsewhere: Elsewhere,
  ) {}

  @Post(':user/terminate_connections')
  @HttpCode(200)
  terminate(@Signed() { app }: SignedCall, @Param('user') user: string): object {
    this.users.terminate(app.id, user, CLOSE.TERMINATED);
    this.elsewhere.terminate(app.id, user);
    return {};
  }
}
