import type { ApiResponse } from '../../resources/api-message.js';
import { encodeJson, type JsonValue } from '../../wire/json.js';

const LONGEST = 256;

/**
 * Identifiers joined by dots, each maybe with an index: digits, or a name that is safe in quotes. pusher-js asks for
 * `Pusher.auth_callbacks['1']`, before 2.0.5 with the channel's name (seed-systems.md, 2.2). Nothing else is ever
 * repeated in a script.
 */
const CALLBACK =
  /^[A-Za-z_$][\w$]*(\[(\d+|'[-\w=@,.;]+'|"[-\w=@,.;]+")\])?(\.[A-Za-z_$][\w$]*(\[(\d+|'[-\w=@,.;]+'|"[-\w=@,.;]+")\])?)*$/;

export function isCallback(text: string): boolean {
  return text.length <= LONGEST && CALLBACK.test(text);
}

/**
 * The call of a callback that {@link isCallback}. The comment keeps the answer from being read as anything but a script,
 * and two characters end a line in older JavaScript but not in JSON; JSON here is ASCII.
 */
export function jsonpAnswer(callback: string, value: JsonValue): ApiResponse {
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/javascript',
      'X-Content-Type-Options': 'nosniff',
      // A page of another origin is what it is for.
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'no-store',
      'Content-Disposition': 'attachment; filename="auth.js"',
    },
    body: `/**/${callback}(${encodeJson(value)});`,
  };
}
