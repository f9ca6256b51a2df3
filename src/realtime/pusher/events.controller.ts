import { Controller, HttpCode, Post, UseFilters, UseGuards } from '@nestjs/common';
import { Hub } from '../hub.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { ChannelAttributes, type AttributeValues } from './channel-attributes.js';
import { ChannelsApiErrorFilter } from './channels-api-error.js';
import { parseBatch, parseEvent, type EventRequest } from './event-request.js';
import { PublishingGuard } from './publishing.guard.js';
import { Signed, SignedRequestGuard, type SignedCall } from './signed-request.guard.js';

/** What a publishing server gets back: nothing, or what it asked for with `info`. Always a JSON object. */
interface EventAnswer {
  channels?: Record<string, AttributeValues>;
}
interface BatchAnswer {
  batch?: AttributeValues[];
}

/** Servers publish events to channels (pusher-protocol.md, 5.2 and 5.3). */
@Controller('apps/:id')
@UseGuards(SignedRequestGuard, PublishingGuard)
@UseFilters(ChannelsApiErrorFilter)
export class EventsController {
  constructor(
    private readonly hub: Hub,
    private readonly attributes: ChannelAttributes,
    private readonly settings: RealtimeSettings,
    private readonly elsewhere: Elsewhere,
  ) {}

  @Post('events')
  // Not 201: PHP's library takes anything but 200 for a failure.
  @HttpCode(200)
  publish(@Signed() { app, body }: SignedCall): EventAnswer {
    const event = parseEvent(body, this.settings);
    this.send(app.id, event);
    const { attributes } = event;
    if (attributes === undefined) return {};
    // fromEntries, because `__proto__` is a legal channel name.
    const described = event.channels.map((name) => [name, this.attributes.describe(app, name, attributes)] as const);
    return { channels: Object.fromEntries(described) };
  }

  @Post('batch_events')
  @HttpCode(200)
  publishBatch(@Signed() { app, body }: SignedCall): BatchAnswer {
    const events = parseBatch(body, this.settings);
    for (const event of events) this.send(app.id, event);
    if (events.every(({ attributes }) => attributes === undefined)) return {};
    return {
      batch: events.map(({ channels: [channel = ''], attributes = [] }) =>
        this.attributes.describe(app, channel, attributes),
      ),
    };
  }

  private send(appId: string, { name, data, channels, socketId }: EventRequest): void {
    for (const channel of channels) {
      const message = { channel, event: name, data, exceptSocketId: socketId };
      this.hub.publish(appId, message);
      this.elsewhere.publish(appId, message);
    }
  }
}
