import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../../wire/json.js';
import type { ChannelApp } from '../channel-app.js';
import { ERROR_CODE } from '../close-codes.js';
import { textFrame } from '../frame.js';
import { Hub } from '../hub.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { userChannel } from './channel-name.js';
import { protocolError, signinSuccess, watchlistEvents } from './messages.js';
import { readUser, type User } from './user.js';
import { Users, type UserConnection } from './users.js';

/** What signing in means (pusher-protocol.md, 2.6 and 3.8). */
@Injectable()
export class SignIns {
  constructor(
    private readonly hub: Hub,
    private readonly users: Users,
    private readonly settings: RealtimeSettings,
  ) {}

  /**
   * Signs the connection in, or refreshes what is known of the user it is signed in as already. It gets what is
   * published for the user from its confirmation on, whether it subscribes to the user's channel or not.
   *
   * @returns why not, and then nothing has changed
   */
  signIn(
    app: ChannelApp,
    connection: UserConnection,
    fields: JsonObject,
    current: User | undefined,
  ): User | { readonly refused: string } {
    const user = readUser(fields, connection.id, app, this.settings);
    if ('refused' in user) return user;
    if (current !== undefined && current.id !== user.id) {
      return { refused: 'This connection is signed in as another user.' };
    }
    // Too slow a reader ends here.
    if (!connection.send(textFrame(signinSuccess(user.data)))) return user;
    const channel = userChannel(user.id);
    if (current === undefined) {
      this.hub.subscribe(app.id, channel, connection);
      this.users.arrive(app.id, user.id, connection);
    }
    this.watch(app, connection, user.watchlist);
    // Or here, and then nobody will sign it out any more.
    if (!this.hub.isSubscribed(channel, connection)) this.signOut(app, connection, user);
    return user;
  }

  /** The connection is gone. */
  signOut(app: ChannelApp, connection: UserConnection, user: User): void {
    this.users.depart(app.id, user.id, connection);
  }

  private watch(app: ChannelApp, connection: UserConnection, watchlist: readonly string[]): void {
    const { maxWatchlist } = this.settings;
    if (maxWatchlist === 0) return;
    const watched = watchlist.slice(0, maxWatchlist);
    this.users.watch(app.id, connection, watched);
    const online = watched.filter((id) => this.users.isOnline(app.id, id));
    const offline = watched.filter((id) => !this.users.isOnline(app.id, id));
    const text = watchlistEvents(online, offline);
    if (text !== undefined) connection.send(textFrame(text));
    if (watchlist.length > maxWatchlist) {
      const message = `A watchlist may have ${maxWatchlist} users; the others are not watched.`;
      connection.send(textFrame(protocolError(message, ERROR_CODE.WATCHLIST_OVER_LIMIT)));
    }
  }
}
