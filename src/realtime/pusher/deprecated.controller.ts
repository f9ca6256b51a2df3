import { Controller, Get, HttpCode, Param, Post, UseFilters, UseGuards } from '@nestjs/common';
import { Hub } from '../hub.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { Presence } from '../presence.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { ChannelAttributes } from './channel-attributes.js';
import { isPresence } from './channel-name.js';
import { ChannelsApiErrorFilter } from './channels-api-error.js';
import { ensureChannelName, parseOldEvent } from './event-request.js';
import { PublishingGuard } from './publishing.guard.js';
import { Signed, SignedRequestGuard, type SignedCall } from './signed-request.guard.js';

interface Stats {
  readonly occupied: boolean;
  readonly user_count?: number;
  readonly connection_count: number;
}

/** What Pusher has deprecated in 2012, and small libraries still speak (pusher-protocol.md, 5). */
@Controller('apps/:id/channels/:name')
@UseGuards(SignedRequestGuard)
@UseFilters(ChannelsApiErrorFilter)
export class DeprecatedController {
  constructor(
    private readonly hub: Hub,
    private readonly presence: Presence,
    private readonly settings: RealtimeSettings,
    private readonly elsewhere: Elsewhere,
    private readonly attributes: ChannelAttributes,
  ) {}

  @Post('events')
  @UseGuards(PublishingGuard)
  @HttpCode(202)
  publish(@Signed() { app, parameters, body }: SignedCall, @Param('name') name: string): object {
    const event = parseOldEvent(name, parameters, body, this.settings);
    for (const channel of event.channels) {
      const message = { channel, event: event.name, data: event.data, exceptSocketId: event.socketId };
      this.hub.publish(app.id, message);
      this.elsewhere.publish(app.id, message);
    }
    return {};
  }

  @Get('stats')
  stats(@Signed() { app }: SignedCall, @Param('name') name: string): Stats {
    const channel = ensureChannelName(name, this.settings);
    const connections = this.attributes.countSubscribers(app.id, channel);
    return {
      occupied: connections > 0,
      ...(isPresence(channel) && { user_count: this.presence.countUsers(app.id, channel) }),
      connection_count: connections,
    };
  }
}
