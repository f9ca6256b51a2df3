import type { ChannelApp } from '../channel-app.js';
import { CLOSE } from '../close-codes.js';
import type { Connection, Conversation } from '../connection.js';
import { textFrame } from '../frame.js';
import type { Hub } from '../hub.js';
import type { RealtimeSettings } from '../realtime.settings.js';
import { ADMISSIONS } from './admission.js';
import { isChannelName, kindOf } from './channel-name.js';
import { fieldsOf, parseMessage, type IncomingMessage } from './incoming.js';
import {
  connectionEstablished,
  PONG,
  protocolError,
  subscriptionError,
  subscriptionSucceeded,
  type SubscriptionRefusal,
} from './messages.js';

const PONG_FRAME = textFrame(PONG);

/** A client's text is repeated to it in errors only this far. */
const QUOTED_CHARACTERS = 200;

/**
 * The Pusher protocol on one connection. Messages are answered at once and in the order of arrival: clients send
 * subscribe and unsubscribe back to back and rely on it (pusher-protocol.md, 2.4).
 */
export class PusherSession implements Conversation {
  private malformed = 0;

  constructor(
    private readonly connection: Connection,
    private readonly app: ChannelApp,
    private readonly hub: Hub,
    private readonly settings: RealtimeSettings,
  ) {}

  /** Tells the client that it is connected; to be called first. */
  start(): void {
    this.hub.counters.connections += 1;
    this.say(connectionEstablished(this.connection.id, this.settings.activityTimeout));
  }

  hear(text: string): void {
    const message = parseMessage(text);
    if (message === undefined) this.complain();
    else this.answer(message);
  }

  end(): void {
    this.hub.counters.connections -= 1;
    this.hub.leave(this.connection);
  }

  private answer(message: IncomingMessage): void {
    switch (message.event) {
      case 'pusher:ping':
        this.connection.send(PONG_FRAME);
        return;
      case 'pusher:pong':
        return;
      case 'pusher:subscribe':
        this.subscribe(message);
        return;
      case 'pusher:unsubscribe':
        this.unsubscribe(message);
        return;
      case 'pusher:signin':
        this.say(protocolError('This server does not offer sign-in yet.'));
        return;
      default:
        this.say(
          message.event.startsWith('client-')
            ? protocolError('This server does not offer client events yet.')
            : protocolError(`The event ${quote(message.event)} is not supported.`),
        );
    }
  }

  private subscribe(message: IncomingMessage): void {
    const channel = this.channelOf(message);
    if (channel === undefined) return;
    if (!isChannelName(channel, this.settings.maxChannelName)) {
      this.refuse(channel, {
        type: 'InvalidChannel',
        error: `A channel name has 1 to ${this.settings.maxChannelName} of the characters A-Z a-z 0-9 - _ = @ , . ;`,
        status: 400,
      });
    } else if (this.hub.isSubscribed(channel, this.connection)) {
      // No second success: it would make a presence channel count its members wrong (pusher-protocol.md, 2.3).
      this.say(protocolError(`This connection is subscribed to ${quote(channel)} already.`));
    } else {
      this.admit(channel);
    }
  }

  private admit(channel: string): void {
    const refusal = ADMISSIONS[kindOf(channel)](channel);
    if (refusal !== undefined) {
      this.refuse(channel, refusal);
    } else if (this.hub.countChannelsOf(this.connection) >= this.settings.maxSubscriptionsPerConnection) {
      const limit = this.settings.maxSubscriptionsPerConnection;
      this.refuse(channel, {
        type: 'LimitReached',
        error: `A connection may subscribe to ${limit} channels.`,
        status: 4100,
      });
    } else {
      this.hub.subscribe(this.app.id, channel, this.connection);
      this.say(subscriptionSucceeded(channel));
    }
  }

  private unsubscribe(message: IncomingMessage): void {
    const channel = this.channelOf(message);
    if (channel === undefined || this.hub.unsubscribe(channel, this.connection)) return;
    this.say(protocolError(`This connection is not subscribed to ${quote(channel)}.`));
  }

  /** The channel a message names; says what is wrong, and answers undefined, when it names none. */
  private channelOf(message: IncomingMessage): string | undefined {
    const channel = fieldsOf(message)?.channel;
    if (typeof channel === 'string') return channel;
    this.say(protocolError(`${message.event} needs data with the name of a channel.`));
    return undefined;
  }

  private complain(): void {
    this.malformed += 1;
    if (this.malformed > this.settings.maxMalformedMessages) this.connection.close(CLOSE.TOO_MANY_MALFORMED);
    else this.say(protocolError('A message is a JSON object with the name of an event.'));
  }

  private refuse(channel: string, refusal: SubscriptionRefusal): void {
    this.say(subscriptionError(channel, refusal));
  }

  private say(text: string): void {
    this.connection.send(textFrame(text));
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
