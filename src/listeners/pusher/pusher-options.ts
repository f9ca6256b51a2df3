import type Pusher from 'pusher';
import type { PusherSettings } from './pusher.settings.js';

/** The library's options. Hosted Pusher is spoken to by TLS, which the library itself does only when it is told to. */
export function pusherOptions(settings: Readonly<PusherSettings>): Pusher.Options & { readonly useTLS: boolean } {
  const { appId, key, secret, timeout, cluster, host, port, useTls } = settings;
  const app = { appId, key, secret, timeout, ...(port === undefined ? {} : { port: String(port) }) };
  return host === '' ? { ...app, cluster, useTLS: useTls ?? true } : { ...app, host, useTLS: useTls ?? false };
}
