import type { RequestHeaders } from '../../auth/auth-policy.js';
import { credentialIn } from '../../auth/tickets.js';
import type { ApiRequest } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { JsonObject } from '../../wire/json.js';
import type { AuthAddresses } from './auth-addresses.js';
import type { DataChannels } from './data-channels.js';

/** Where the client library is served, and where it asks for signatures, below the version prefix. */
export const CLIENT_PATH = '/pusher/client.js';
export const AUTH_PATH = '/pusher/auth';
export const USER_AUTH_PATH = '/pusher/user-auth';

/** The versions of Pusher's protocol that the sockets speak (pusher-protocol.md, 1.1). */
const PROTOCOL = [5, 6, 7];

/** What of a request tells where this server is reached, and who is asking. */
export type SocketRequest = Pick<ApiRequest, 'origin' | 'headers'>;

/** Everything a page needs to hear of a user's items, as CloudApp's account details have it (seed-systems.md, 2.3). */
export class SocketDetails {
  constructor(
    private readonly channels: () => DataChannels,
    /** Where old pages may ask; `undefined`: they are not answered. */
    private readonly addresses: AuthAddresses | undefined,
  ) {}

  /** @param more further channels, by what they were asked for as */
  of(userId: string, { origin, headers }: SocketRequest, more: Readonly<Record<string, string>> = {}): JsonObject {
    const { app, items } = this.channels();
    const url = new URL(origin);
    const isTls = url.protocol === 'https:';
    const own = items.personalChannelOf(userId);
    return {
      auth_url: `${origin}${VERSION_PREFIX}${AUTH_PATH}${this.addressFor(headers)}`,
      api_key: app.key,
      app_id: app.id,
      channels: { ...(own === undefined ? {} : { items: own }), ...more },
      host: url.hostname,
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      tls: isTls,
      path: '',
      protocol: PROTOCOL,
      client_url: `${origin}${VERSION_PREFIX}${CLIENT_PATH}`,
      jsonp: this.addresses !== undefined,
    };
  }

  private addressFor(headers: RequestHeaders): string {
    const name = this.addresses?.nameFor(credentialIn(headers));
    return name === undefined ? '' : `/${name}`;
  }
}
