import { Injectable } from '@nestjs/common';
import type { ChannelApp } from '../channel-app.js';
import { ChannelEvents } from '../channel-events.js';
import { ERROR_CODE } from '../close-codes.js';
import { Hub, type Subscriber } from '../hub.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { Presence } from '../presence.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { isEncrypted, isPresence } from './channel-name.js';
import { encodeValue, quote, type IncomingMessage } from './incoming.js';
import { clientEvent } from './messages.js';
import { Rate } from './rate.js';

/** Who sends a client event. */
export interface ClientEventSender {
  readonly app: ChannelApp;
  readonly connection: Subscriber;
  /** Made at the first event: most connections never send one. */
  rate: Rate | undefined;
}

/** Why something is not done. */
export interface Complaint {
  readonly message: string;
  readonly code: number | null;
}

/** What clients say to each other: `client-*` events on private and presence channels (pusher-protocol.md, 2.7). */
@Injectable()
export class ClientEvents {
  constructor(
    private readonly hub: Hub,
    private readonly presence: Presence,
    private readonly events: ChannelEvents,
    private readonly settings: RealtimeSettings,
    private readonly elsewhere: Elsewhere,
  ) {}

  /** Passes the event on to everybody else on its channel; or answers why not, and then nobody gets anything. */
  relay(sender: ClientEventSender, message: IncomingMessage): Complaint | undefined {
    const { channel, event } = message;
    if (typeof channel !== 'string') return complaint('A client event needs the name of a channel.');
    const refused = this.whyNot(sender, event, channel);
    if (refused !== undefined) return complaint(refused);
    // `trigger(name)` of pusher-js leaves `data` out.
    const data = encodeValue(message.data ?? null);
    const text = typeof message.data === 'string' ? message.data : data;
    if (data === undefined || text === undefined || Buffer.byteLength(text) > this.settings.maxEventBytes) {
      const limit = this.settings.maxEventBytes;
      return complaint(`The data of an event may have at most ${limit} bytes.`, ERROR_CODE.CLIENT_EVENT_OVER_LIMIT);
    }
    sender.rate ??= new Rate(this.settings.clientEventsPerSecond);
    if (!sender.rate.take(performance.now())) {
      const limit = this.settings.clientEventsPerSecond;
      return complaint(`A client may send ${limit} events a second.`, ERROR_CODE.CLIENT_EVENT_OVER_LIMIT);
    }
    this.send(sender, { event, channel, data, text });
    return undefined;
  }

  private send(
    { app, connection }: ClientEventSender,
    { event, channel, data, text }: { event: string; channel: string; data: string; text: string },
  ): void {
    // Who sent it is what the app has signed, never what the message says.
    const userId = isPresence(channel) ? this.presence.findUserId(app.id, channel, connection) : undefined;
    const said = clientEvent(event, channel, data, userId);
    this.hub.relay(app.id, channel, said, connection.id);
    this.elsewhere.relay(app.id, channel, said, connection.id);
    if (!this.events.isWatched) return;
    const from = userId === undefined ? {} : { user_id: userId };
    this.events.tell(app.id, { name: 'client_event', channel, event, data: text, socket_id: connection.id, ...from });
  }

  private whyNot({ app, connection }: ClientEventSender, event: string, channel: string): string | undefined {
    if (!app.options.clientEvents) return 'The app does not allow client events.';
    if (event.length > this.settings.maxEventName) {
      return `The name of an event may have at most ${this.settings.maxEventName} characters.`;
    }
    if (!isPresence(channel) && !channel.startsWith('private-')) {
      return 'Client events are for private and presence channels.';
    }
    // Its payload would be plain among encrypted ones; pusher-js does not send it either.
    if (isEncrypted(channel)) return 'Encrypted channels have no client events.';
    // The border of the channel: without it anybody could write to a channel that they may not read.
    if (!this.hub.isSubscribed(channel, connection)) return `This connection is not subscribed to ${quote(channel)}.`;
    return undefined;
  }
}

function complaint(message: string, code: number | null = null): Complaint {
  return { message, code };
}
