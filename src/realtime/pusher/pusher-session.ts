import type { JsonObject } from '../../wire/json.js';
import type { ChannelApp } from '../channel-app.js';
import { CLOSE } from '../close-codes.js';
import type { Connection, Conversation } from '../connection.js';
import { textFrame } from '../frame.js';
import { provesAuthorization, type Verdict } from './admission.js';
import { isChannelName, isUser } from './channel-name.js';
import type { ClientEventSender } from './client-events.js';
import { fieldsOf, parseMessage, quote, type IncomingMessage } from './incoming.js';
import {
  connectionEstablished,
  PONG,
  protocolError,
  subscriptionError,
  subscriptionSucceeded,
  type SubscriptionRefusal,
} from './messages.js';
import type { Rate } from './rate.js';
import type { SessionParts } from './session-parts.js';
import type { User } from './user.js';

const PONG_FRAME = textFrame(PONG);

/**
 * The Pusher protocol on one connection. Messages are answered strictly in the order of arrival: clients send
 * subscribe and unsubscribe back to back and rely on it (pusher-protocol.md, 2.4). Almost all are answered at once;
 * while a decision is awaited, the messages behind it wait and the socket is not read.
 */
export class PusherSession implements Conversation, ClientEventSender {
  rate: Rate | undefined;
  private malformed = 0;
  private user: User | undefined;
  /** A signed-in connection gets what is for its user anyway; this is whether it has asked for it. */
  private hasUserChannel = false;
  /** What was heard while a decision is awaited. It is bounded by what fits into the socket's last reads. */
  private waiting: string[] | undefined;
  private authorizationTimer: NodeJS.Timeout | undefined;

  constructor(
    readonly connection: Connection,
    readonly app: ChannelApp,
    private readonly parts: SessionParts,
  ) {}

  /** Tells the client that it is connected; to be called first. */
  start(): void {
    const { hub, settings } = this.parts;
    hub.counters.connections += 1;
    this.say(connectionEstablished(this.connection.id, settings.activityTimeout));
    if (settings.authorizationTimeout === 0) return;
    const expire = () => this.connection.close(CLOSE.NOT_AUTHORIZED);
    this.authorizationTimer = setTimeout(expire, settings.authorizationTimeout * 1000).unref();
  }

  hear(text: string): void {
    if (this.waiting !== undefined) this.waiting.push(text);
    else this.attend(text);
  }

  end(): void {
    this.parts.hub.counters.connections -= 1;
    clearTimeout(this.authorizationTimer);
    this.waiting = undefined;
    this.parts.channels.leave(this.app, this.connection);
    if (this.user !== undefined) this.parts.signIns.signOut(this.app, this.connection, this.user);
  }

  private attend(text: string): void {
    const message = parseMessage(text);
    if (message === undefined) {
      this.complain();
      return;
    }
    const pending = this.answer(message);
    if (pending !== undefined) this.awaitDecision(pending);
  }

  /** The rest waits behind it. */
  private awaitDecision(pending: Promise<void>): void {
    this.waiting = [];
    this.connection.pause();
    pending.then(() => this.goOn()).catch((error: unknown) => this.connection.fail(error));
  }

  private goOn(): void {
    if (this.connection.isOver) return;
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const [index, text] of waiting.entries()) {
      this.attend(text);
      if (this.connection.isOver) return;
      if (this.isWaiting()) {
        this.waiting = waiting.slice(index + 1);
        return;
      }
    }
    this.connection.resume();
  }

  private isWaiting(): boolean {
    return this.waiting !== undefined;
  }

  private answer(message: IncomingMessage): Promise<void> | undefined {
    switch (message.event) {
      case 'pusher:ping':
        this.connection.send(PONG_FRAME);
        return undefined;
      case 'pusher:pong':
        return undefined;
      case 'pusher:subscribe':
        return this.subscribe(message);
      case 'pusher:unsubscribe':
        this.unsubscribe(message);
        return undefined;
      case 'pusher:signin':
        this.signIn(message);
        return undefined;
      default:
        if (message.event.startsWith('client-')) this.passOn(message);
        else this.say(protocolError(`The event ${quote(message.event)} is not supported.`));
        return undefined;
    }
  }

  private subscribe(message: IncomingMessage): Promise<void> | undefined {
    const fields = fieldsOf(message);
    const channel = this.channelOf(message, fields);
    if (channel === undefined || fields === undefined) return undefined;
    if (!isChannelName(channel, this.parts.settings.maxChannelName)) {
      this.refuse(channel, {
        type: 'InvalidChannel',
        error: `A channel name has 1 to ${this.parts.settings.maxChannelName} of the characters A-Z a-z 0-9 - _ = @ , . ;`,
        status: 400,
      });
      return undefined;
    }
    if (this.isSubscribed(channel)) {
      // No second success: it would make a presence channel count its members wrong (pusher-protocol.md, 2.3).
      this.say(protocolError(`This connection is subscribed to ${quote(channel)} already.`));
      return undefined;
    }
    const { auth, channel_data: channelData, position } = fields;
    const { app, user } = this;
    const request = { app, socketId: this.connection.id, channel, auth, channelData, user, position };
    const verdict = this.parts.admission.decide(request);
    if (verdict instanceof Promise) return verdict.then((later) => this.execute(channel, later));
    this.execute(channel, verdict);
    return undefined;
  }

  private execute(channel: string, verdict: Verdict): void {
    // The decision may have taken longer than the connection has lasted.
    if (this.connection.isOver) return;
    if ('refused' in verdict) {
      this.refuse(channel, verdict.refused);
    } else if (isUser(channel)) {
      this.hasUserChannel = true;
      this.say(subscriptionSucceeded(channel));
    } else {
      const { member, welcome } = verdict;
      const refusal = this.parts.channels.join(this.app, channel, this.connection, member, welcome?.data);
      if (refusal !== undefined) {
        this.refuse(channel, refusal);
        return;
      }
      if (provesAuthorization(channel)) clearTimeout(this.authorizationTimer);
      welcome?.begin();
    }
  }

  private isSubscribed(channel: string): boolean {
    if (!isUser(channel)) return this.parts.hub.isSubscribed(channel, this.connection);
    return this.hasUserChannel && this.parts.hub.isSubscribed(channel, this.connection);
  }

  private unsubscribe(message: IncomingMessage): void {
    const channel = this.channelOf(message, fieldsOf(message));
    if (channel === undefined) return;
    if (!this.isSubscribed(channel)) this.say(protocolError(`This connection is not subscribed to ${quote(channel)}.`));
    else if (isUser(channel)) this.hasUserChannel = false;
    else this.parts.channels.part(this.app, channel, this.connection);
  }

  private signIn(message: IncomingMessage): void {
    const fields = fieldsOf(message) ?? {};
    const user = this.parts.signIns.signIn(this.app, this.connection, fields, this.user);
    if ('refused' in user) {
      this.say(protocolError(`The sign-in failed: ${user.refused}`));
    } else {
      this.user = user;
      clearTimeout(this.authorizationTimer);
    }
  }

  private passOn(message: IncomingMessage): void {
    const complaint = this.parts.clientEvents.relay(this, message);
    if (complaint !== undefined) this.say(protocolError(complaint.message, complaint.code));
  }

  /** The channel a message names; says what is wrong, and answers undefined, when it names none. */
  private channelOf({ event }: IncomingMessage, fields: JsonObject | undefined): string | undefined {
    const channel = fields?.channel;
    if (typeof channel === 'string') return channel;
    this.say(protocolError(`${event} needs data with the name of a channel.`));
    return undefined;
  }

  private complain(): void {
    this.malformed += 1;
    if (this.malformed > this.parts.settings.maxMalformedMessages) this.connection.close(CLOSE.TOO_MANY_MALFORMED);
    else this.say(protocolError('A message is a JSON object with the name of an event.'));
  }

  private refuse(channel: string, refusal: SubscriptionRefusal): void {
    this.say(subscriptionError(channel, refusal));
  }

  private say(text: string): void {
    this.connection.send(textFrame(text));
  }
}
