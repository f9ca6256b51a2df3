import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator, Identity } from '../../auth/authenticator.js';
import type { Refused } from '../../resources/live/live-access.js';
import type { Storage, StorageView } from '../../storage/storage.js';
import { readFeedPage, type FeedPage, type FeedPlace, type FeedReading } from './feed-page.js';

/** Within this many ms nobody is asked again who they are, however fast the log grows. */
const IDENTITY_AGE = 1000;

/** What came of reading on. */
export type Turn =
  | { readonly page: FeedPage }
  | { readonly reset: { readonly reason: string; readonly position: string } }
  | { readonly refused: Refused };

export interface SessionParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly reading: FeedReading;
  /** Whether they may read this feed at all, as it and they are now. */
  readonly ensure: (view: StorageView, identity: Identity) => Promise<Refused | undefined>;
}

export interface FeedReader {
  readonly headers: RequestHeaders;
  readonly identity: Identity;
  /** Called now and then while they are who they were. */
  readonly keepAlive?: (() => void) | undefined;
}

/** One reader of a feed: each turn by the permissions of its moment. */
export class FeedSession {
  private identifiedAt = Date.now();

  constructor(
    private readonly parts: SessionParts,
    private readonly reader: FeedReader,
  ) {}

  get userId(): string | undefined {
    return this.reader.identity.userId;
  }

  /** From a snapshot of its own. */
  async readOn(place: FeedPlace): Promise<Turn> {
    if (await this.isSomebodyElse()) return { refused: 'revoked' };
    return this.parts.storage.read(async (view) => {
      const refused = await this.parts.ensure(view, this.reader.identity);
      return refused === undefined ? this.read(view, place) : { refused };
    });
  }

  /** For who is known to be let in. */
  async read(view: StorageView, place: FeedPlace): Promise<Turn> {
    const { authenticator, reading } = this.parts;
    const reason = await reading.source.findReasonToReset(view, place.position);
    if (reason !== undefined) return { reset: { reason, position: await reading.source.top(view) } };
    const caller = await authenticator.callerOf(this.reader.identity, view.sql);
    return { page: await readFeedPage(view, caller, reading, place) };
  }

  /** A password may be another one by now, a token may have expired. */
  private async isSomebodyElse(): Promise<boolean> {
    // A clock that went back counts as a long time.
    if (Math.abs(Date.now() - this.identifiedAt) < IDENTITY_AGE) return false;
    const { headers, identity, keepAlive } = this.reader;
    if ((await this.parts.authenticator.identify(headers)).userId !== identity.userId) return true;
    this.identifiedAt = Date.now();
    keepAlive?.();
    return false;
  }
}
