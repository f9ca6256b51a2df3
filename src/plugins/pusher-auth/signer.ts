import { createHash } from 'node:crypto';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator, Identity } from '../../auth/authenticator.js';
import { isInScope, type Ticket, type Tickets } from '../../auth/tickets.js';
import { isPresence, userChannel } from '../../realtime/pusher/channel-name.js';
import type { Storage } from '../../storage/storage.js';
import type { JsonObject } from '../../wire/json.js';
import type { AuthRequest } from './auth-request.js';
import type { ChannelAccess } from './channel-access.js';
import type { DataChannels } from './data-channels.js';
import { writeGrant, type ShownCredentials } from './signed-grant.js';

/** Who asks, and what they have shown for it. */
export interface Asker extends Identity {
  readonly credential: RequestHeaders;
  readonly ticket: Ticket | undefined;
}

/** Somebody in particular. */
export type SignedIn = Asker & { readonly userId: string };

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
    const ticket = name === undefined ? undefined : await this.parts.tickets.find(name);
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
    if (readable.length === 0 || !isCovered(asker, this.parts.access.urisOf(readable))) return undefined;
    const until = Date.now() + this.parts.lifetime;
    const id = this.parts.credentials.keep(asker.credential, until);
    const member = isPresence(channel) ? { user_id: channelUserId(asker.userId ?? 'anonymous') } : {};
    const channelData = writeGrant({ userId: asker.userId, until, id }, member);
    const signature = channels.app.sign(`${socketId}:${channel}:${channelData}`);
    const secret = channels.sharedSecret(channel);
    const signed = { auth: `${channels.app.key}:${signature}`, channel_data: channelData };
    // The client takes it out before it subscribes; the socket never sees it.
    return secret === undefined ? signed : { ...signed, shared_secret: secret };
  }

  /** What the client hands on when it signs in. */
  signUser({ app, grants }: DataChannels, { userId, credential }: SignedIn, socketId: string): JsonObject {
    const id = channelUserId(userId);
    const userData = JSON.stringify({ id });
    // With what was shown for it, it ends.
    const awaitedUntil = Date.now() + this.parts.lifetime;
    grants.set({ channel: userChannel(id), socketId, awaitedUntil, reader: { userId, readings: [], credential } });
    return { auth: `${app.key}:${app.sign(`${socketId}::user::${userData}`)}`, user_data: userData };
  }

  /** The ticket has led to a signature. Answers false when it was spent already. */
  async spend({ ticket }: Asker): Promise<boolean> {
    return ticket === undefined || this.parts.tickets.spend(ticket);
  }
}

function isCovered({ ticket }: Asker, uris: readonly string[]): boolean {
  return ticket === undefined || (ticket.boundTo === undefined && isInScope(ticket, uris));
}

/** A colon has no place in the name of a channel, and a semicolon is in none of our ids that are taken as they are. */
export function channelUserId(userId: string): string {
  if (PLAIN_ID.test(userId)) return userId.replace(':', ';');
  return `h;${createHash('sha256').update(userId).digest('hex')}`;
}
