import type { Authenticator } from '../../auth/authenticator.js';
import type { ChangeListener } from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import { CLOSE } from '../../realtime/close-codes.js';
import type { Hub } from '../../realtime/hub.js';
import { isUser } from '../../realtime/pusher/channel-name.js';
import type { Expulsion } from '../../realtime/pusher/expulsion.js';
import type { Storage } from '../../storage/storage.js';
import type { AuthAddresses } from './auth-addresses.js';
import { isJsonObject, parseJsonText, type JsonValue } from '../../wire/json.js';
import type { DataChannels } from './data-channels.js';
import { isOfUser, type Grant, type Grants, type UserGrant } from './grants.js';

/** In ms: changes come in bursts, and one look afterwards tells the same as one after each. */
const PAUSE = 25;

/** In ms. It finds what no change tells of: a token that has expired, memberships taken away with all of a user's data. */
const SWEEP_INTERVAL = 1000;

/** How many grants one sweep looks at, in turn: that many credentials may have to be verified anew. */
const SWEEP_SIZE = 200;

/** How many are looked at on one snapshot, before others get their turn. */
const BATCH = 100;

/** The objects that others' permissions depend on. */
const GOVERNING = new Set(['bucket', 'collection', 'group', 'account']);

export interface AccessWatchParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly channels: DataChannels;
  readonly grants: Grants;
  readonly hub: Pick<Hub, 'findSubscriber'>;
  readonly expulsion: Expulsion;
  readonly addresses: Pick<AuthAddresses, 'keep'>;
  readonly log: { error(message: string): void };
}

/**
 * Ends the subscriptions of those who have lost what they were admitted for: the permission, the group, the account, the
 * token (seed-systems.md, 1.5, P4 and P5). What it may miss is their end only, never a frame: each of those is looked at
 * by itself.
 */
export class AccessWatch implements ChangeListener {
  readonly delivery = 'on-every-node';
  /** With whether what they have shown of who they are is to be looked at, too. */
  private readonly doubtful = new Map<UserGrant, boolean>();
  private timer: NodeJS.Timeout | undefined;
  private readonly sweeper: NodeJS.Timeout;
  private turn: IterableIterator<Grant> | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly parts: AccessWatchParts) {
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
    parts.channels.onGrant = (grant) => this.doubt(grant, false);
  }

  hasAudience(): boolean {
    return this.parts.grants.size > 0;
  }

  afterCommit(change: CommittedChange): void {
    // The everyday write takes nothing from anybody, and there may be many grants.
    const { resourceName, impacted } = change;
    if (!GOVERNING.has(resourceName) && impacted.every(({ principals }) => principals === undefined)) return;
    for (const grant of this.parts.grants.all()) {
      if (!isOfUser(grant)) continue;
      const isOwnAccount = resourceName === 'account' && isAccountOf(grant, change);
      // What was shown to another server cannot be looked at again here.
      if (isOwnAccount && grant.reader.credential === undefined && locksOut(change)) this.endConnection(grant);
      else if (isOwnAccount || concerns(change, grant)) this.doubt(grant, isOwnAccount);
    }
  }

  /** Resolves when nothing is being looked at any more. */
  async stop(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.sweeper);
    clearTimeout(this.timer);
    await this.looking;
  }

  private doubt(grant: UserGrant, alsoWho: boolean): void {
    this.doubtful.set(grant, alsoWho || this.doubtful.get(grant) === true);
    if (this.isClosed) return;
    this.timer ??= setTimeout(() => {
      this.looking = this.lookAgain();
    }, PAUSE).unref();
  }

  private sweep(): void {
    for (let count = 0; count < SWEEP_SIZE; count += 1) {
      this.turn ??= this.parts.grants.all();
      const next = this.turn.next();
      if (next.done === true) {
        this.turn = undefined;
        return;
      }
      const grant = next.value;
      if (!this.isSubscribed(grant)) this.forgetUnlessAwaited(grant);
      else if (isOfUser(grant)) {
        this.doubt(grant, true);
        if (grant.reader.credential !== undefined) this.parts.addresses.keep(grant.reader.credential);
      }
    }
  }

  private forgetUnlessAwaited(grant: Grant): void {
    if ((grant.awaitedUntil ?? 0) < Date.now()) this.parts.grants.remove(grant);
  }

  private async lookAgain(): Promise<void> {
    const doubtful = [...this.doubtful];
    this.doubtful.clear();
    try {
      for (let start = 0; start < doubtful.length && !this.isClosed; start += BATCH) {
        await this.lookAt(doubtful.slice(start, start + BATCH));
      }
    } catch (error) {
      // The sweep asks again, and until then each frame is looked at all the same.
      this.parts.log.error(`Grants cannot be looked at: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.timer = undefined;
    const [next] = this.doubtful;
    if (next !== undefined) this.doubt(...next);
  }

  private async lookAt(batch: readonly (readonly [UserGrant, boolean])[]): Promise<void> {
    const { authenticator, storage, channels } = this.parts;
    const left: UserGrant[] = [];
    // Many channels may have been asked for with the same credential.
    const known = new Map<unknown, Promise<string | undefined>>();
    for (const [grant, alsoWho] of batch) {
      const { credential, userId } = grant.reader;
      if (!alsoWho || credential === undefined) {
        left.push(grant);
        continue;
      }
      const key = credential.authorization;
      const asked = known.get(key) ?? authenticator.identify(credential).then((identity) => identity.userId);
      known.set(key, asked);
      if ((await asked) === userId) left.push(grant);
      else this.endConnection(grant);
    }
    const lost = await storage.read(async ({ sql }) => {
      const found: UserGrant[] = [];
      for (const grant of left) {
        const { userId, readings } = grant.reader;
        // Whoever is still themselves is still signed in.
        if (isUser(grant.channel)) continue;
        if ((await channels.readableFor(sql, userId, readings)).length === 0) found.push(grant);
      }
      return found;
    });
    for (const grant of lost) this.endSubscription(grant);
  }

  private isSubscribed({ channel, socketId }: Grant): boolean {
    return this.parts.hub.findSubscriber(this.parts.channels.app.id, channel, socketId) !== undefined;
  }

  private endSubscription(grant: UserGrant): void {
    if (!this.isCurrent(grant)) return;
    const { channel, socketId } = grant;
    const refusal = { type: 'AuthError', error: 'revoked', status: 403 } as const;
    // A grant whose subscription is yet to come stays: the next sweep finds it, and until then it shows nothing.
    if (this.parts.expulsion.endSubscription(this.parts.channels.app.id, channel, socketId, refusal)) {
      this.parts.grants.remove(grant);
    }
  }

  private endConnection(grant: UserGrant): void {
    if (!this.isCurrent(grant)) return;
    const { channel, socketId } = grant;
    this.parts.expulsion.endConnection(this.parts.channels.app.id, channel, socketId, CLOSE.CREDENTIAL_GONE);
    this.parts.grants.remove(grant);
  }

  private isCurrent(grant: UserGrant): boolean {
    return this.parts.grants.find(grant.channel, grant.socketId) === grant;
  }
}

/** Whether what was a right password is none any more. */
function locksOut({ action, impacted }: CommittedChange): boolean {
  return action === 'delete' || impacted.some(({ oldText, newText }) => passwordIn(oldText) !== passwordIn(newText));
}

function passwordIn(account: string | null): JsonValue | undefined {
  const value = account === null ? undefined : parseJsonText(account);
  return isJsonObject(value) ? value.password : undefined;
}

/** Whether it may have taken away what the grant was given for. */
function concerns({ resourceName, impacted, parentParts }: CommittedChange, { reader }: UserGrant): boolean {
  // Members of any group may hold permissions in any bucket.
  if (resourceName === 'group') return true;
  const mayBe = (name: string, id: string | undefined) =>
    reader.readings.some(({ ids }) => ids[name] === undefined || id === undefined || ids[name] === id);
  if (resourceName === 'bucket') return impacted.some(({ id }) => mayBe('bucket_id', id));
  if (!mayBe('bucket_id', parentParts.bucket_id)) return false;
  if (resourceName === 'collection') return impacted.some(({ id }) => mayBe('collection_id', id));
  // Objects that were shared one by one.
  const isShared = impacted.some(({ principals }) => principals !== undefined);
  return isShared && mayBe('collection_id', parentParts.collection_id);
}

/** The name of the policy that knows the account is the part before the colon. */
function isAccountOf({ reader: { userId } }: UserGrant, { impacted }: CommittedChange): boolean {
  return impacted.some(({ id }) => userId?.endsWith(`:${id}`) === true);
}
