import type { JsonObject, JsonValue } from '../../wire/json.js';
import type { ChannelApp } from '../channel-app.js';
import type { Member } from '../presence.js';
import type { RealtimeSettings } from '../realtime.settings.js';
import { whyNotSigned } from './authorization.js';
import { isUserId, userChannel } from './channel-name.js';
import { encodeValue, parseObject } from './incoming.js';
import type { SubscriptionRefusal } from './messages.js';

/** Whom a connection is signed in as. */
export interface User {
  readonly id: string;
  /** What the app says about the user, as JSON. */
  readonly info: string | undefined;
  /** The users to be told of when they come and go, each once. */
  readonly watchlist: readonly string[];
  /** `user_data` as it came and was signed. */
  readonly data: string;
}

export type Limits = Pick<RealtimeSettings, 'maxUserId' | 'maxChannelName' | 'maxUserInfoBytes'>;

/**
 * The user that the app has signed this connection in as (pusher-protocol.md, 2.6), or why there is none. The signature
 * comes first: what nobody answers for is not even parsed.
 */
export function readUser(
  { auth, user_data: data }: JsonObject,
  socketId: string,
  app: ChannelApp,
  limits: Limits,
): User | { readonly refused: string } {
  if (typeof data !== 'string') return { refused: 'user_data is missing.' };
  const unsigned = whyNotSigned(`${socketId}::user::${data}`, auth, app);
  if (unsigned !== undefined) return { refused: unsigned };
  const fields = parseObject(data);
  if (fields === undefined) return { refused: 'user_data is not a JSON object.' };
  const { id, user_info: userInfo, watchlist = [] } = fields;
  const isValid =
    typeof id === 'string' && isUserId(id, limits.maxUserId) && userChannel(id).length <= limits.maxChannelName;
  if (!isValid) {
    return { refused: `user_data.id has 1 to ${limits.maxUserId} of the characters A-Z a-z 0-9 - _ = @ , . ;` };
  }
  const watched = Array.isArray(watchlist) ? watchlist.map(idOf) : [undefined];
  if (watched.some((one) => one === undefined)) return { refused: 'user_data.watchlist is a list of user ids.' };
  const info = userInfo === undefined ? undefined : encodeValue(userInfo);
  return { id, info, watchlist: [...new Set(watched as string[])], data };
}

/** Who the app says somebody is on a presence channel, or what is wrong with it (pusher-protocol.md, 2.3 and 1.7). */
export function readMember(channelData: string, limits: Limits): Member | { readonly refused: SubscriptionRefusal } {
  const fields = parseObject(channelData);
  if (fields === undefined) return invalidMember('channel_data is not a JSON object.');
  const userId = idOf(fields.user_id);
  if (userId === undefined || userId.length > limits.maxUserId) {
    return invalidMember(`channel_data.user_id is a text of 1 to ${limits.maxUserId} characters, or a number.`);
  }
  const { user_info: userInfo } = fields;
  return ensureFits({ userId, info: userInfo === undefined ? undefined : (encodeValue(userInfo) ?? '') }, limits);
}

/** The signed-in user as a member. */
export function memberOf({ id, info }: User, limits: Limits): Member | { readonly refused: SubscriptionRefusal } {
  return ensureFits({ userId: id, info }, limits);
}

function ensureFits(member: Member, limits: Limits): Member | { readonly refused: SubscriptionRefusal } {
  const { info } = member;
  if (info === '' || Buffer.byteLength(info ?? '') > limits.maxUserInfoBytes) {
    const error = `user_info may have at most ${limits.maxUserInfoBytes} bytes as JSON.`;
    return { refused: { type: 'LimitReached', error, status: 4301 } };
  }
  return member;
}

/** Ids are text; numbers are taken for the text they are written as (pusher-protocol.md, 3.2). */
function idOf(id: JsonValue | undefined): string | undefined {
  if (typeof id === 'number' || typeof id === 'bigint') return String(id);
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function invalidMember(error: string): { readonly refused: SubscriptionRefusal } {
  return { refused: { type: 'InvalidMember', error, status: 400 } };
}
