import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator } from '../../auth/authenticator.js';
import type { ChannelReading } from '../../changes/channel-reading.js';
import type { ChannelTemplate } from '../../changes/channel-template.js';
import type { ChannelApp } from '../../realtime/channel-app.js';
import type { AdmissionRequest, Verdict } from '../../realtime/pusher/admission.js';
import { whyNotSigned } from '../../realtime/pusher/authorization.js';
import { isEncrypted, isPublic, isUser } from '../../realtime/pusher/channel-name.js';
import type { SubscriptionRefusal } from '../../realtime/pusher/messages.js';
import type { SqlSession } from '../../storage/sql-session.js';
import type { Storage } from '../../storage/storage.js';
import type { ChannelAccess } from './channel-access.js';
import type { Grants, UserGrant } from './grants.js';
import { readGrant, type ShownCredentials, type SignedGrant } from './signed-grant.js';

/** What stands for a signature where a JSONP answer can say no in no other way (seed-systems.md, 2.3). */
export const DENIED = { noCredential: 'denied', noPermission: 'forbidden' } as const;

export interface DataChannelParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly access: ChannelAccess;
  readonly grants: Grants;
  readonly credentials: ShownCredentials;
}

/** The channels that listeners announce changes on, and who is let in. */
export class DataChannels {
  private templates: readonly ChannelTemplate[] = [];
  /** Hears of each new grant. */
  onGrant: (grant: UserGrant) => void = () => undefined;

  constructor(
    private readonly parts: DataChannelParts,
    readonly app: ChannelApp,
  ) {}

  /** From now on these, and no others. */
  use(templates: readonly ChannelTemplate[]): void {
    this.templates = templates;
  }

  /** What a channel that not everybody may hear announces; `undefined`: no changes, it is somebody else's to admit to. */
  read(channel: string): ChannelReading[] | undefined {
    // Frames are not encrypted here, so nobody could read them there.
    if (isPublic(channel) || isUser(channel) || isEncrypted(channel)) return undefined;
    const readings = this.templates.flatMap((template) => template.read(channel) ?? []);
    return readings.length > 0 ? readings : undefined;
  }

  /** By which of the readings a user may hear of something now. */
  async readableFor(
    sql: SqlSession,
    userId: string | undefined,
    readings: readonly ChannelReading[],
  ): Promise<ChannelReading[]> {
    const { principals } = await this.parts.authenticator.callerOf({ userId }, sql);
    return this.parts.access.readableOf(sql, principals, readings);
  }

  /** Of admission: the protocol still looks at the signature and the channel data itself. */
  admit(request: AdmissionRequest): Promise<Verdict | undefined> | Verdict | undefined {
    const { app, socketId, channel, auth, channelData } = request;
    if (app.id !== this.app.id) return undefined;
    const readings = this.read(channel);
    if (readings === undefined) return undefined;
    const text = typeof channelData === 'string' && channelData !== '' ? `:${channelData}` : '';
    if (whyNotSigned(`${socketId}:${channel}${text}`, auth, app) !== undefined) return this.deniedBefore(auth);
    const signed = readGrant(channelData);
    if (signed !== undefined) return this.admitUser(request, signed, readings);
    this.parts.grants.set({ channel, socketId, reader: 'trusted' });
    return undefined;
  }

  /** The signature may be used again as long as it lasts, so what it was given for is looked at again as well. */
  private async admitUser(
    { channel, socketId }: AdmissionRequest,
    { userId, until, id }: SignedGrant,
    readings: readonly ChannelReading[],
  ): Promise<Verdict | undefined> {
    if (Date.now() > until) return refuse({ error: 'The signature has expired: ask for a new one.', status: 401 });
    const credential: RequestHeaders | undefined = this.parts.credentials.find(id);
    if (credential !== undefined && (await this.parts.authenticator.identify(credential)).userId !== userId) {
      return refuse({ error: 'What was shown for the signature does not count any more.', status: 401 });
    }
    const readable = await this.parts.storage.read(({ sql }) => this.readableFor(sql, userId, readings));
    if (readable.length === 0) return refuse(FORBIDDEN);
    const grant: UserGrant = { channel, socketId, reader: { userId, readings, credential } };
    this.parts.grants.set(grant);
    // What was committed since the question was asked has been heard by nobody who knew of the grant.
    this.onGrant(grant);
    return undefined;
  }

  private deniedBefore(auth: AdmissionRequest['auth']): Verdict | undefined {
    if (auth === `${this.app.key}:${DENIED.noPermission}`) return refuse(FORBIDDEN);
    if (auth === `${this.app.key}:${DENIED.noCredential}`)
      return refuse({ error: 'Please authenticate.', status: 401 });
    return undefined;
  }
}

const FORBIDDEN = { error: 'This user cannot read what the channel announces.', status: 403 };

function refuse({ error, status }: Pick<SubscriptionRefusal, 'error' | 'status'>): Verdict {
  return { refused: { type: 'AuthError', error, status } };
}
