import type { Logger } from '@nestjs/common';
import type { Authenticator } from '../../auth/authenticator.js';
import type { ChangeListener } from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import type { Session } from './session.js';

/** In ms: what no change tells of, an expired token for one, is found that soon. */
const SWEEP_INTERVAL = 1000;

/** How many sessions one sweep looks at, in turn. */
const SWEEP_SIZE = 200;

/**
 * Ends the sessions of those who are not who they were any more (seed-systems.md, 1.5, P5): the password is another one,
 * the token has expired, the account is gone. What they may read is asked elsewhere, at each telling.
 */
export class SessionWatch implements ChangeListener {
  readonly delivery = 'on-every-node';
  private readonly sweeper: NodeJS.Timeout;
  private turn: IterableIterator<Session> | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessions: ReadonlySet<Session>,
    private readonly authenticator: Authenticator,
    private readonly log: Pick<Logger, 'warn'>,
  ) {
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
  }

  hasAudience(): boolean {
    return this.sessions.size > 0;
  }

  afterCommit({ resourceName, impacted }: CommittedChange): void {
    if (resourceName !== 'account') return;
    // The name of the policy that knows the account is the part before the colon.
    const isConcerned = ({ userId }: Session) => impacted.some(({ id }) => userId?.endsWith(`:${id}`) === true);
    this.lookAt([...this.sessions].filter(isConcerned));
  }

  /** Resolves when nobody is being looked at any more. */
  async stop(): Promise<void> {
    clearInterval(this.sweeper);
    await this.looking;
  }

  private sweep(): void {
    const next: Session[] = [];
    while (next.length < SWEEP_SIZE) {
      this.turn ??= this.sessions.values();
      const found = this.turn.next();
      if (found.done === true) {
        this.turn = undefined;
        break;
      }
      next.push(found.value);
    }
    this.lookAt(next);
  }

  private lookAt(sessions: readonly Session[]): void {
    if (sessions.length > 0) this.looking = this.looking.then(() => this.expelStrangers(sessions));
  }

  private async expelStrangers(sessions: readonly Session[]): Promise<void> {
    // Many sockets may have come with the same credential.
    const known = new Map<unknown, Promise<string | undefined>>();
    for (const session of sessions) {
      const { credential, userId } = session;
      if (userId === undefined || !this.sessions.has(session)) continue;
      const key = credential.authorization;
      const asked = known.get(key) ?? this.authenticator.identify(credential).then((identity) => identity.userId);
      known.set(key, asked);
      try {
        if ((await asked) !== userId) session.expel();
      } catch (error) {
        // Who could not be asked about is asked about again.
        this.log.warn(`A login cannot be looked at: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
