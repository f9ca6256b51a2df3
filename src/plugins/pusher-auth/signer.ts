import { createHash } from 'node:crypto';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator, Identity } from '../../auth/authenticator.js';
import { isPresence } from '../../realtime/pusher/channel-name.js';
import type { Storage } from '../../storage/storage.js';
import { globPattern } from '../../wire/glob.js';
import type { JsonObject } from '../../wire/json.js';
import type { AuthRequest } from './auth-request.js';
import type { ChannelAccess } from './channel-access.js';
import type { DataChannels } from './data-channels.js';
import { writeGrant, type ShownCredentials } from './signed-grant.js';
import type { Ticket, Tickets } from './tickets.js';

/** Who asks, and what they have shown for it. */
export interface Asker extends Identity {
  readonly credential: RequestHeaders;
  readonly ticket: Ticket | undefined;
}

export interface SignerParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly access: ChannelAccess;
  readonly credentials: ShownCredentials;
  readonly tickets: Tickets;
  /** How long a signature may be used, in ms. */
  readonly lifetime: number;
}

/** What `#server-to-user-` and presence channels take for a user's id: theirs of ours, where its characters allow. */
const PLAIN_ID = /^[-a-zA-Z0-9_=@,.]{1,40}:[-a-zA-Z0-9_=@,.]{1,80}$/;

/** Signs with the app's secret for whoever may read what a channel announces. */
export class Signer {
  constructor(private readonly parts: SignerParts) {}

  /** @param credential of the request; without one, what the fields have in its place counts */
  async identify(credential: RequestHeaders, { ticket: name, accessToken }: AuthRequest): Promise<Asker> {
    const ticket = name === undefined ? undefined : this.parts.tickets.find(name);
    let shown = credential;
    if (shown.authorization === undefined && accessToken !== undefined)
      shown = { authorization: `Bearer ${accessToken}` };
    if (shown.authorization === undefined && ticket !== undefined) shown = ticket.credential;
    const identity = await this.parts.authenticator.identify(shown);
    return { ...identity, credential: shown, ticket: shown === ticket?.credential ? ticket : undefined };
  }

  /** What the client hands on when it subscribes; `undefined`: it may not. */
  async signChannel(
    channels: DataChannels,
    asker: Asker,
    socketId: string,
    channel: string,
  ): Promise<JsonObject | undefined> {
    const readings = channels.read(channel);
    if (readings === undefined) return undefined;
    const readable = await this.parts.storage.read(({ sql }) => channels.readableFor(sql, asker.userId, readings));
    if (readable.length === 0 || !this.isInScope(asker, this.parts.access.urisOf(readable))) return undefined;
    const until = Date.now() + this.parts.lifetime;
    const id = this.parts.credentials.keep(asker.credential, until);
    const member = isPresence(channel) ? { user_id: channelUserId(asker.userId ?? 'anonymous') } : {};
    const channelData = writeGrant({ userId: asker.userId, until, id }, member);
    const signature = channels.app.sign(`${socketId}:${channel}:${channelData}`);
    return { auth: `${channels.app.key}:${signature}`, channel_data: channelData };
  }

  /** What the client hands on when it signs in. */
  signUser({ app }: DataChannels, userId: string, socketId: string): JsonObject {
    const userData = JSON.stringify({ id: channelUserId(userId) });
    return { auth: `${app.key}:${app.sign(`${socketId}::user::${userData}`)}`, user_data: userData };
  }

  /** The ticket has led to a signature. Answers false when it was spent already. */
  spend({ ticket }: Asker): boolean {
    return ticket === undefined || this.parts.tickets.spend(ticket);
  }

  private isInScope({ ticket }: Asker, uris: readonly string[]): boolean {
    if (ticket === undefined || ticket.scope.length === 0) return true;
    const patterns = ticket.scope.map(globPattern);
    return uris.every((uri) => patterns.some((pattern) => pattern.test(uri)));
  }
}

/** A colon has no place in the name of a channel, and a semicolon is in none of our ids that are taken as they are. */
export function channelUserId(userId: string): string {
  if (PLAIN_ID.test(userId)) return userId.replace(':', ';');
  return `h;${createHash('sha256').update(userId).digest('hex')}`;
}
