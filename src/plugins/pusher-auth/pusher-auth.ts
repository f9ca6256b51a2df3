import type { Authenticator } from '../../auth/authenticator.js';
import type { Tickets } from '../../auth/tickets.js';
import type { ChannelTemplate } from '../../changes/channel-template.js';
import type { ChangeListener } from '../../changes/change-listener.js';
import type { Access } from '../../permissions/access.js';
import type { PermissionRules } from '../../permissions/permission-rules.js';
import type { ChannelApp } from '../../realtime/channel-app.js';
import type { Hub } from '../../realtime/hub.js';
import type { Admission } from '../../realtime/pusher/admission.js';
import type { Expulsion } from '../../realtime/pusher/expulsion.js';
import type { Endpoint } from '../../resources/exchange.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import type { Storage } from '../../storage/storage.js';
import { AccessWatch } from './access-watch.js';
import { AuthAddresses } from './auth-addresses.js';
import { ChannelAccess } from './channel-access.js';
import { ClientEndpoint } from './client.endpoint.js';
import { DataChannels } from './data-channels.js';
import type { ChannelEncryption } from './encryption.js';
import { FrameReaders } from './frame-readers.js';
import { Grants } from './grants.js';
import { Items, type OwnBucketOf } from './items/items.js';
import { ItemsFeed } from './items/items-feed.js';
import { ChannelAuthEndpoint, OwnAuthEndpoint, UserAuthEndpoint } from './pusher-auth.endpoints.js';
import type { PusherAuthSettings } from './pusher-auth.settings.js';
import { ShownCredentials } from './signed-grant.js';
import { Signer } from './signer.js';
import { SocketDetails } from './socket-details.js';
import { SocketEndpoint } from './socket.endpoint.js';

export interface PusherAuthParts {
  readonly access: Access;
  readonly rules: PermissionRules;
  readonly definitions: ResourceDefinitions;
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly tickets: Tickets;
  readonly settings: PusherAuthSettings;
  /** Whether the endpoints, and with them the channels of items, are there. */
  readonly isOn: boolean;
  readonly ownBucketOf: OwnBucketOf;
  readonly encryption: ChannelEncryption | undefined;
}

/** What of the sockets it works with. */
export interface SocketParts {
  /** The one whose channels announce changes. */
  readonly app: ChannelApp;
  readonly hub: Hub;
  readonly admission: Admission;
  readonly expulsion: Expulsion;
  readonly log: { error(message: string): void };
}

/**
 * Access to channels decided by the permissions of what they announce: who may subscribe, what each frame shows to whom,
 * and when a subscription is over.
 */
export class PusherAuth {
  /** Looks at every frame. */
  readonly readers: FrameReaders;
  private readonly grants = new Grants();
  private readonly credentials = new ShownCredentials();
  private readonly access: ChannelAccess;
  /** How to hear of changes, for hello and its like. */
  readonly details: SocketDetails;
  private readonly addresses: AuthAddresses;
  private channels: DataChannels | undefined;
  private accessWatch: AccessWatch | undefined;

  constructor(private readonly parts: PusherAuthParts) {
    this.access = new ChannelAccess(parts);
    this.readers = new FrameReaders({ ...parts, grants: this.grants });
    const { jsonpEnabled, maxAddresses } = parts.settings;
    this.addresses = new AuthAddresses(maxAddresses);
    this.details = new SocketDetails(() => this.getChannels(), jsonpEnabled ? this.addresses : undefined);
  }

  endpoints(): Endpoint[] {
    const { storage, authenticator, tickets, settings } = this.parts;
    const { access, credentials, details, addresses } = this;
    const lifetime = settings.authLifetime * 1000;
    const signer = new Signer({ storage, authenticator, access, credentials, tickets, lifetime });
    const channels = () => this.getChannels();
    const { maxChannels } = settings;
    return [
      new ClientEndpoint(),
      new ChannelAuthEndpoint(signer, channels, settings),
      ...(settings.jsonpEnabled ? [new OwnAuthEndpoint(signer, channels, settings, addresses)] : []),
      new UserAuthEndpoint(signer, channels),
      new SocketEndpoint({ storage, authenticator, details, channels, maxChannels }),
    ];
  }

  /** To be called once, before anybody can connect. */
  open({ app, hub, admission, expulsion, log }: SocketParts): void {
    const { storage, authenticator } = this.parts;
    const { access, grants, credentials, addresses } = this;
    const items = this.makeItems(app, hub, log);
    const { encryption } = this.parts;
    const parts = { storage, authenticator, access, grants, credentials, items, encryption };
    const channels = new DataChannels(parts, app);
    admission.add((request) => channels.admit(request));
    this.channels = channels;
    this.accessWatch = new AccessWatch({ storage, authenticator, channels, grants, hub, expulsion, log, addresses });
  }

  /** Turns what is said on an encrypted channel into what may be sent there. */
  seal(channel: string, text: string): string | undefined {
    return this.parts.encryption?.seal(channel, text);
  }

  /** The channels of these templates announce changes from now on, and no others. */
  use(templates: readonly ChannelTemplate[]): void {
    this.getChannels().use(templates);
  }

  /** Has to hear of every change. */
  get watch(): ChangeListener {
    if (this.accessWatch === undefined) throw new Error('The sockets are not there yet');
    return this.accessWatch;
  }

  async close(): Promise<void> {
    await this.accessWatch?.stop();
    await this.channels?.items.close();
  }

  private makeItems({ id: appId }: ChannelApp, hub: Hub, log: SocketParts['log']): Items {
    const { storage, settings, ownBucketOf, isOn } = this.parts;
    const { readers } = this;
    const feed = new ItemsFeed({ storage, readers, hub, appId, maxEventBytes: settings.maxItemBytes, log });
    return new Items(storage, feed, ownBucketOf, settings, isOn);
  }

  private getChannels(): DataChannels {
    if (this.channels === undefined) throw new Error('The sockets are not there yet');
    return this.channels;
  }
}
