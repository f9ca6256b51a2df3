import { Controller, Get, HttpCode, Param, Post, UseFilters, UseGuards } from '@nestjs/common';
import { CLOSE } from '../close-codes.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { Presence } from '../presence.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { isPresence } from './channel-name.js';
import { ChannelsApiError, ChannelsApiErrorFilter } from './channels-api-error.js';
import { ensureChannelName } from './event-request.js';
import { Signed, SignedRequestGuard, type SignedCall } from './signed-request.guard.js';
import { Users } from './users.js';

/** What every request has for its signature. */
const SIGNATURE_PARAMETERS = ['auth_key', 'auth_timestamp', 'auth_version', 'auth_signature', 'body_md5'];

/** Who is there, and sending them away (pusher-protocol.md, 5.6 and 5.7). */
@Controller('apps/:id')
@UseGuards(SignedRequestGuard)
@UseFilters(ChannelsApiErrorFilter)
export class UsersController {
  constructor(
    private readonly presence: Presence,
    private readonly users: Users,
    private readonly settings: RealtimeSettings,
    private readonly elsewhere: Elsewhere,
  ) {}

  /** Each user once, with however many connections; nobody on a channel that nobody is subscribed to. */
  @Get('channels/:name/users')
  list(@Signed() { app, parameters }: SignedCall, @Param('name') name: string): { users: { id: string }[] } {
    const channel = ensureChannelName(name, this.settings);
    if (!isPresence(channel)) throw new ChannelsApiError(400, 'Only presence channels know their users.');
    const extra = [...parameters.keys()].find((parameter) => !SIGNATURE_PARAMETERS.includes(parameter));
    if (extra !== undefined) throw new ChannelsApiError(400, 'This request has no parameters.');
    return { users: this.presence.userIds(app.id, channel).map((id) => ({ id })) };
  }

  /** Ends every connection signed in as the user; there may be none. Clients do not come back by themselves. */
  @Post('users/:user/terminate_connections')
  // Not 201: PHP's library takes anything but 200 for a failure.
  @HttpCode(200)
  terminate(@Signed() { app }: SignedCall, @Param('user') user: string): object {
    this.users.terminate(app.id, user, CLOSE.TERMINATED);
    this.elsewhere.terminate(app.id, user);
    return {};
  }
}
