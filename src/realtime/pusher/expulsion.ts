import { Injectable } from '@nestjs/common';
import { ChannelApps } from '../channel-app.js';
import type { Close } from '../close-codes.js';
import { textFrame } from '../frame.js';
import { Hub } from '../hub.js';
import { Channels } from './channels.js';
import { subscriptionError, type SubscriptionRefusal } from './messages.js';
import type { UserConnection } from './users.js';

/** Ends what a connection was admitted to, when the reason for it is gone. */
@Injectable()
export class Expulsion {
  constructor(
    private readonly apps: ChannelApps,
    private readonly hub: Hub,
    private readonly channels: Channels,
  ) {}

  /**
   * Ends the subscription, and tells the client why as if it had never been admitted: that reaches the handlers of every
   * version of pusher-js (seed-systems.md, 2.3). Answers false when there is none.
   */
  endSubscription(appId: string, channel: string, socketId: string, refusal: SubscriptionRefusal): boolean {
    const app = this.apps.findById(appId);
    const subscriber = this.hub.findSubscriber(appId, channel, socketId);
    if (app === undefined || subscriber === undefined) return false;
    // First, so that nothing follows the word that it is over.
    this.channels.part(app, channel, subscriber);
    subscriber.send(textFrame(subscriptionError(channel, refusal)));
    return true;
  }

  /** Closes the connection that has the subscription. Answers false when there is none. */
  endConnection(appId: string, channel: string, socketId: string, close: Close): boolean {
    const subscriber = this.hub.findSubscriber(appId, channel, socketId);
    if (subscriber === undefined) return false;
    // Every subscriber is a connection; the hub need not know.
    (subscriber as UserConnection).close(close);
    return true;
  }
}
