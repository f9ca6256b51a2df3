import type { Authenticator, Identity } from '../../auth/authenticator.js';
import { CredentialWatch, type Stayer } from '../../resources/live/credential-watch.js';
import type { Refused } from '../../resources/live/live-access.js';
import type { Storage, StorageView } from '../../storage/storage.js';
import { readFeedPage, type FeedPage, type FeedPlace, type FeedReading } from './feed-page.js';
import type { FeedFollower, FeedWatch } from './feed-watch.js';

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

/** One reader of a feed: each turn by the permissions of its moment. */
export class FeedSession {
  private login: CredentialWatch | undefined;

  constructor(
    private readonly parts: SessionParts,
    private readonly reader: Stayer,
  ) {}

  get userId(): string | undefined {
    return this.reader.identity.userId;
  }

  /** For who stays. @returns what ends it */
  follow(watch: FeedWatch, follower: FeedFollower): () => void {
    const login = new CredentialWatch(this.parts.authenticator, this.reader, () => follower.wake());
    const leave = watch.add(follower);
    this.login = login;
    return () => {
      leave();
      login.close();
    };
  }

  /** From a snapshot of its own. */
  async readOn(place: FeedPlace): Promise<Turn> {
    if (await this.login?.hasChanged()) return { refused: 'revoked' };
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
}
