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
import { isItemReading } from './items/item-channels.js';
import type { Items } from './items/items.js';
import type { ChannelEncryption } from './encryption.js';
import { isOfUser, type Grant, type Grants, type UserGrant } from './grants.js';
import { readGrant, type ShownCredentials, type SignedGrant } from './signed-grant.js';

/** What stands for a signature where a JSONP answer can say no in no other way (seed-systems.md, 2.3). */
export const DENIED = { noCredential: 'denied', noPermission: 'forbidden' } as const;

export interface DataChannelParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly access: ChannelAccess;
  readonly grants: Grants;
  readonly credentials: ShownCredentials;
  readonly items: Items;
  /** Without it, nobody is let in to encrypted channels by permissions: nobody could read there. */
  readonly encryption: ChannelEncryption | undefined;
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

  get grants(): Grants {
    return this.parts.grants;
  }

  /** What a subscriber of the channel decrypts with; `undefined`: nothing is encrypted there. */
  sharedSecret(channel: string): string | undefined {
    return isEncrypted(channel) ? this.parts.encryption?.sharedSecret(channel) : undefined;
  }

  get items(): Items {
    return this.parts.items;
  }

  /** From now on these, and no others. */
  use(templates: readonly ChannelTemplate[]): void {
    this.templates = templates;
    this.parts.items.giveWayTo(templates);
  }

  /** What a channel that not everybody may hear announces; `undefined`: no changes, it is somebody else's to admit to. */
  read(channel: string): ChannelReading[] | undefined {
    if (isPublic(channel) || isUser(channel)) return undefined;
    if (isEncrypted(channel) && this.parts.encryption === undefined) return undefined;
    const items = this.parts.items.read(channel);
    if (items !== undefined) return [items];
    const readings = this.templates.flatMap((template) => template.read(channel) ?? []);
    return readings.length > 0 ? readings : undefined;
  }

  /** By which of the readings a user may hear of something now. */
  async readableFor(
    sql: SqlSession,
    userId: string | undefined,
    readings: readonly ChannelReading[],
  ): Promise<ChannelReading[]> {
    const { items, authenticator, access } = this.parts;
    // Their own bucket, and what is in it, is theirs before it is there.
    const own = readings.filter((reading) => isItemReading(reading) && items.isOwn(reading, userId));
    const others = readings.filter((reading) => !own.includes(reading) && !isPersonal(reading));
    if (others.length === 0) return own;
    const { principals } = await authenticator.callerOf({ userId }, sql);
    return [...own, ...(await access.readableOf(sql, principals, others))];
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
    return this.letIn(request, { channel, socketId, reader: 'trusted' }, () => Promise.resolve(true));
  }

  /** On channels of items, subscribers are told more than their success. Others leave the rest to the protocol. */
  private letIn(
    { channel, socketId, position }: AdmissionRequest,
    grant: Grant,
    readsAll: () => Promise<boolean>,
  ): Promise<Verdict> | undefined {
    const { items, grants } = this.parts;
    const reading = items.read(channel);
    const give = () => {
      grants.set(grant);
      // What was committed since the question was asked has been heard by nobody who knew of the grant.
      if (isOfUser(grant)) this.onGrant(grant);
    };
    if (reading === undefined) {
      give();
      return undefined;
    }
    return readsAll()
      .then((isWhole) => items.welcome({ channel, socketId, reading, position, isWhole }))
      .then((welcome) => {
        // Last: a sweep takes away what nobody is subscribed by.
        give();
        return { member: undefined, welcome };
      });
  }

  /** The signature may be used again as long as it lasts, so what it was given for is looked at again as well. */
  private async admitUser(
    request: AdmissionRequest,
    { userId, until, id }: SignedGrant,
    readings: readonly ChannelReading[],
  ): Promise<Verdict | undefined> {
    const { channel, socketId } = request;
    if (Date.now() > until) return refuse({ error: 'The signature has expired: ask for a new one.', status: 401 });
    const credential: RequestHeaders | undefined = this.parts.credentials.find(id);
    if (credential !== undefined && (await this.parts.authenticator.identify(credential)).userId !== userId) {
      return refuse({ error: 'What was shown for the signature does not count any more.', status: 401 });
    }
    const readable = await this.parts.storage.read(({ sql }) => this.readableFor(sql, userId, readings));
    if (readable.length === 0) return refuse(FORBIDDEN);
    const grant: UserGrant = { channel, socketId, reader: { userId, readings, credential } };
    return this.letIn(request, grant, () => this.readsAll(userId, readable));
  }

  private async readsAll(userId: string | undefined, [reading]: readonly ChannelReading[]): Promise<boolean> {
    const { items, authenticator, access, storage } = this.parts;
    if (reading === undefined) return false;
    if (isItemReading(reading) && items.isOwn(reading, userId)) return true;
    return storage.read(async ({ sql }) => {
      const { principals } = await authenticator.callerOf({ userId }, sql);
      return access.readsAll(sql, principals, reading);
    });
  }

  private deniedBefore(auth: AdmissionRequest['auth']): Verdict | undefined {
    if (auth === `${this.app.key}:${DENIED.noPermission}`) return refuse(FORBIDDEN);
    if (auth === `${this.app.key}:${DENIED.noCredential}`)
      return refuse({ error: 'Please authenticate.', status: 401 });
    return undefined;
  }
}

/** A user's channel is nobody else's, whatever they may read in that bucket. */
function isPersonal(reading: ChannelReading): boolean {
  return isItemReading(reading) && reading.ids.collection_id === undefined;
}

const FORBIDDEN = { error: 'This user cannot read what the channel announces.', status: 403 };

function refuse({ error, status }: Pick<SubscriptionRefusal, 'error' | 'status'>): Verdict {
  return { refused: { type: 'AuthError', error, status } };
}
