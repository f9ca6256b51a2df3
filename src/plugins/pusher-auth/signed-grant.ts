import { randomBytes } from 'node:crypto';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import { isJsonObject, parseJsonText, type JsonObject, type JsonValue } from '../../wire/json.js';

/** In the channel data of a subscription, what this server has written there and the app's secret has signed. */
const FIELD = 'kumocast';

/** What a signature of /pusher/auth says: who asked for it, and how long it may be used. */
export interface SignedGrant {
  readonly userId: string | undefined;
  /** In ms since the epoch. */
  readonly until: number;
  /** Names the credential that was shown for it. */
  readonly id: string;
}

/** @param member what a presence channel wants to know of its members */
export function writeGrant({ userId, until, id }: SignedGrant, member: JsonObject = {}): string {
  return JSON.stringify({ ...member, [FIELD]: { user: userId ?? null, until, id } });
}

/** `undefined` when the channel data are somebody else's: those of the app's own server. */
export function readGrant(channelData: JsonValue | undefined): SignedGrant | undefined {
  if (typeof channelData !== 'string') return undefined;
  const fields = parse(channelData);
  if (!isJsonObject(fields) || !isJsonObject(fields[FIELD])) return undefined;
  const { user, until, id } = fields[FIELD];
  // An app's own server may sign for a user too; whatever it leaves out is refused rather than guessed.
  return {
    userId: typeof user === 'string' ? user : undefined,
    until: typeof until === 'number' ? until : 0,
    id: typeof id === 'string' ? id : '',
  };
}

function parse(text: string): JsonValue | undefined {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}

/** So many that were not used yet are kept: some MB. */
const MAX_SHOWN = 10_000;

/** The credentials that were shown for signatures, until these are used. In memory only: they are secrets. */
export class ShownCredentials {
  private readonly shown = new Map<string, { readonly credential: RequestHeaders; readonly until: number }>();

  /** @returns its name */
  keep(credential: RequestHeaders, until: number): string {
    const now = Date.now();
    for (const [id, { until: end }] of this.shown) {
      if (end > now && this.shown.size < MAX_SHOWN) break;
      this.shown.delete(id);
    }
    const id = randomBytes(12).toString('base64url');
    this.shown.set(id, { credential, until });
    return id;
  }

  /** `undefined`: it was shown to another process, or long ago. */
  find(id: string): RequestHeaders | undefined {
    return this.shown.get(id)?.credential;
  }
}
