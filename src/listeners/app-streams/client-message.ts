import { isJsonObject, parseJsonText, type JsonValue } from '../../wire/json.js';

/** What a client says: that it has dealt with everything up to a position, or just that it is there. */
export type ClientMessage = { readonly type: 'ack'; readonly position: string } | { readonly type: 'sign of life' };

/** Any text at all is a sign of life, as with pnut (seed-systems.md, 4.2). */
export function readMessage(text: string): ClientMessage {
  const meta = metaIn(text);
  if (!isJsonObject(meta) || meta.type !== 'ack') return { type: 'sign of life' };
  return { type: 'ack', position: typeof meta.position === 'string' ? meta.position : '' };
}

function metaIn(text: string): JsonValue | undefined {
  try {
    const message = parseJsonText(text);
    return isJsonObject(message) ? message.meta : undefined;
  } catch {
    return undefined;
  }
}
