import { isJsonObject } from '../../wire/json.js';
import type { ChannelMessage } from '../hub.js';

/** `[app, channel, subscribers]`. */
export type ChannelState = readonly [appId: string, channel: string, subscribers: number];

/** `[app, channel, user, what is said about them as JSON]`; 0: they are not there. */
export type MemberState = readonly [appId: string, channel: string, userId: string, info: string | null | 0];

/** `[app, user, whether they are signed in]`. */
export type UserState = readonly [appId: string, userId: string, isOnline: 0 | 1];

/** What a server has of sockets, or what of that has changed: what is so now, not what was done. */
export interface SocketState {
  readonly channels: readonly ChannelState[];
  readonly members: readonly MemberState[];
  readonly users: readonly UserState[];
}

/** What one server tells the others. */
export type NodeNews =
  /** It has just come, or come back, and knows nobody. */
  | { readonly kind: 'hello' }
  /** It is still there. */
  | { readonly kind: 'beat' }
  /** It goes, with all its sockets. */
  | { readonly kind: 'bye' }
  /** One of the others is to tell everything that it has. */
  | { readonly kind: 'ask'; readonly whom: string }
  /** Everything it has, in parts. */
  | ({ readonly kind: 'state'; readonly isFirst: boolean; readonly isLast: boolean } & SocketState)
  | ({ readonly kind: 'change' } & SocketState)
  /** What an app's own server has published. */
  | { readonly kind: 'publish'; readonly appId: string; readonly message: ChannelMessage }
  /** What a client has said to the others on its channel. */
  | {
      readonly kind: 'relay';
      readonly appId: string;
      readonly channel: string;
      readonly text: string;
      readonly exceptSocketId: string;
    }
  | { readonly kind: 'terminate'; readonly appId: string; readonly userId: string };

export interface NodeMessage {
  /** Another one for each start of a server. */
  readonly from: string;
  /** Counts what this server has told; a beat repeats the last one. */
  readonly n: number;
  readonly news: NodeNews;
}

const KINDS: ReadonlySet<unknown> = new Set<NodeNews['kind']>([
  ...(['hello', 'beat', 'bye', 'ask', 'state'] as const),
  ...(['change', 'publish', 'relay', 'terminate'] as const),
]);

export function encodeMessage(message: NodeMessage): string {
  return JSON.stringify(message);
}

/**
 * What another server of the same installation has written, so only what would break this one is looked at: one of
 * another version may say what is not known here. `undefined`: that is no message.
 */
export function parseNodeMessage(text: string): NodeMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { from, n, news } = value;
  if (typeof from !== 'string' || typeof n !== 'number' || !isJsonObject(news) || !KINDS.has(news.kind)) {
    return undefined;
  }
  return { from, n, news: news as unknown as NodeNews };
}
