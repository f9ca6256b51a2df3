import type { IncomingHttpHeaders } from 'node:http';
import type { ChannelApp, ChannelApps } from '../channel-app.js';
import { CLOSE, type Close } from '../close-codes.js';
import type { RealtimeSettings } from '../realtime.settings.js';

export type Handshake = { readonly app: ChannelApp } | { readonly refused: Close };

const PROTOCOLS: readonly string[] = ['5', '6', '7'];

/** Libraries count in many ways (`8.6.0`, `0.2-SNAPSHOT`); this is what no way of counting looks like. */
const VERSION = /^[\w.+~ -]{0,64}$/;

/**
 * Whether the client may stay, judged after the upgrade was accepted: a refused upgrade looks like a broken network,
 * and clients then try for ever (pusher-protocol.md, 0.1).
 *
 * @param url the path and query of the request, `/app/{key}?protocol=7&…`
 */
export function shakeHands(
  url: string,
  headers: IncomingHttpHeaders,
  apps: ChannelApps,
  settings: RealtimeSettings,
): Handshake {
  const { pathname, searchParams } = new URL(url, 'ws://localhost');
  // A key is never encoded (the registry sees to that), so what needs decoding is no key.
  const app = apps.findByKey(pathname.slice(pathname.lastIndexOf('/') + 1));
  if (app === undefined) return { refused: CLOSE.APP_NOT_FOUND };
  if (!PROTOCOLS.includes(searchParams.get('protocol') ?? '7')) return { refused: CLOSE.PROTOCOL_NOT_SUPPORTED };
  if (!VERSION.test(searchParams.get('version') ?? '')) return { refused: CLOSE.BAD_VERSION };
  const allowedOrigins = app.options.allowedOrigins ?? settings.allowedOrigins;
  if (!isOriginAllowed(headers.origin, allowedOrigins)) return { refused: CLOSE.ORIGIN_REFUSED };
  return { app };
}

/** Only browsers send an origin, and only they can be trusted to: the rule protects their users, not the server. */
export function isOriginAllowed(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || allowed.some((pattern) => matches(pattern, origin.toLowerCase()));
}

function matches(pattern: string, origin: string): boolean {
  if (pattern === '*') return true;
  const parts = pattern.toLowerCase().split('*');
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^/]*')}$`).test(origin);
}
