import type { Authenticator } from '../../auth/authenticator.js';
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
import { ChannelAccess } from './channel-access.js';
import { DataChannels } from './data-channels.js';
import { FrameReaders } from './frame-readers.js';
import { Grants } from './grants.js';
import { ChannelAuthEndpoint, UserAuthEndpoint } from './pusher-auth.endpoints.js';
import type { PusherAuthSettings } from './pusher-auth.settings.js';
import { ShownCredentials } from './signed-grant.js';
import { Signer } from './signer.js';
import { TicketsEndpoint } from './tickets.endpoint.js';
import { Tickets } from './tickets.js';

export interface PusherAuthParts {
  readonly access: Access;
  readonly rules: PermissionRules;
  readonly definitions: ResourceDefinitions;
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly settings: PusherAuthSettings;
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
  private channels: DataChannels | undefined;
  private accessWatch: AccessWatch | undefined;

  constructor(private readonly parts: PusherAuthParts) {
    this.access = new ChannelAccess(parts);
    this.readers = new FrameReaders({ ...parts, grants: this.grants });
  }

  endpoints(): Endpoint[] {
    const { storage, authenticator, settings } = this.parts;
    const { access, credentials } = this;
    const tickets = new Tickets(settings.maxTickets);
    const lifetime = settings.authLifetime * 1000;
    const signer = new Signer({ storage, authenticator, access, credentials, tickets, lifetime });
    const channels = () => this.getChannels();
    return [
      new ChannelAuthEndpoint(signer, channels, settings),
      new UserAuthEndpoint(signer, channels),
      new TicketsEndpoint(tickets, authenticator),
    ];
  }

  /** To be called once, before anybody can connect. */
  open({ app, hub, admission, expulsion, log }: SocketParts): void {
    const { storage, authenticator } = this.parts;
    const { access, grants, credentials } = this;
    const channels = new DataChannels({ storage, authenticator, access, grants, credentials }, app);
    admission.add((request) => channels.admit(request));
    this.channels = channels;
    this.accessWatch = new AccessWatch({ storage, authenticator, channels, grants, hub, expulsion, log });
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
  }

  private getChannels(): DataChannels {
    if (this.channels === undefined) throw new Error('The sockets are not there yet');
    return this.channels;
  }
}
