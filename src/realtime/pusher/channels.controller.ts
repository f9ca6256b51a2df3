import { Controller, Get, Param, UseFilters, UseGuards } from '@nestjs/common';
import { RealtimeSettings } from '../realtime.settings.js';
import { ChannelAttributes, isApplicable, parseAttributes, type AttributeValues } from './channel-attributes.js';
import { isUser } from './channel-name.js';
import { ChannelsApiError, ChannelsApiErrorFilter } from './channels-api-error.js';
import { ensureChannelName } from './event-request.js';
import { Signed, SignedRequestGuard, type SignedCall } from './signed-request.guard.js';

/** Which channels somebody is subscribed to (pusher-protocol.md, 5.4 and 5.5). */
@Controller('apps/:id/channels')
@UseGuards(SignedRequestGuard)
@UseFilters(ChannelsApiErrorFilter)
export class ChannelsController {
  constructor(
    private readonly attributes: ChannelAttributes,
    private readonly settings: RealtimeSettings,
  ) {}

  @Get()
  list(@Signed() { app, parameters }: SignedCall): { channels: Record<string, AttributeValues> } {
    const prefix = parameters.get('filter_by_prefix') ?? '';
    const attributes = parseAttributes(parameters.get('info'), ['user_count', 'subscription_count']);
    if (attributes.includes('user_count') && !prefix.startsWith('presence-')) {
      throw new ChannelsApiError(400, 'user_count needs a filter_by_prefix that begins with presence-.');
    }
    const names = this.attributes.occupiedChannels(app.id).filter((name) => name.startsWith(prefix) && !isUser(name));
    const described = names.map((name) => [name, this.attributes.describe(app, name, attributes)] as const);
    return { channels: Object.fromEntries(described) };
  }

  /** 200 for any legal name: a channel nobody is subscribed to is vacant, not missing. */
  @Get(':name')
  show(
    @Signed() { app, parameters }: SignedCall,
    @Param('name') name: string,
  ): { occupied: boolean } & AttributeValues {
    const channel = ensureChannelName(name, this.settings);
    const attributes = parseAttributes(parameters.get('info'), ['user_count', 'subscription_count', 'cache']);
    const misfit = attributes.find((attribute) => !isApplicable(attribute, app, channel));
    if (misfit !== undefined) throw new ChannelsApiError(400, `${misfit} does not apply to this channel.`);
    return {
      occupied: this.attributes.countSubscribers(app.id, channel) > 0,
      ...this.attributes.describe(app, channel, attributes),
    };
  }
}
