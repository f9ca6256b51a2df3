import type { JsonValue } from '../../wire/json.js';
import type { ChannelApp } from '../channel-app.js';

/** Signed texts are repeated in errors only this far: long enough to compare, too short to be an echo of a frame. */
const SHOWN_CHARACTERS = 1000;

/**
 * Why `auth` is not the app's signature of the text; undefined when it is. An application signs for its clients as
 * `key:hex` (pusher-protocol.md, 4.1). The text that should have been signed is told, as Pusher does: nothing else
 * lets people find out what they got wrong. The signature it should have is never told.
 */
export function whyNotSigned(text: string, auth: JsonValue | undefined, app: ChannelApp): string | undefined {
  if (typeof auth !== 'string' || auth === '') return 'auth, the signature of the application, is missing.';
  const colon = auth.indexOf(':');
  if (colon < 0) return 'auth must be the key of the app, a colon and a signature.';
  if (auth.slice(0, colon) !== app.key) return 'auth begins with a key that is not the key of this app.';
  const signature = auth.slice(colon + 1);
  if (app.isSigned(text, signature)) return undefined;
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return `Wrong signature: expected the HMAC-SHA256, in hex, of ${JSON.stringify(shown)}, but got ${JSON.stringify(signature.slice(0, 100))}.`;
}
