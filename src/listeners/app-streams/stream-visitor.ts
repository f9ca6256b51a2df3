import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator, Identity } from '../../auth/authenticator.js';
import type { Ticket } from '../../auth/tickets.js';
import type { StreamStart } from './stream-beginning.js';

/** Who has connected, and to which stream. */
export interface StreamVisitor {
  /** The user id. */
  readonly owner: string;
  readonly key: string;
  readonly identity: Identity;
  /** What shows who they are: it may stop counting. */
  readonly credential: RequestHeaders;
  readonly ticket: Ticket | undefined;
  readonly start: StreamStart;
}

/** In ms: within it nobody is asked again who they are, however fast the log grows. */
const AGE = 1_000;

/** Asks now and then whether a visitor is still who they were. */
export class CredentialWatch {
  private askedAt = Date.now();
  private timer: NodeJS.Timeout | undefined;

  /** @param wake has it asked again a moment later, when it was too early */
  constructor(
    private readonly authenticator: Pick<Authenticator, 'identify'>,
    private readonly visitor: StreamVisitor,
    private readonly wake: () => void,
  ) {}

  async hasChanged(): Promise<boolean> {
    // A clock that went back counts as a long time.
    const age = Math.abs(Date.now() - this.askedAt);
    if (age < AGE) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.wake();
      }, AGE - age).unref();
      return false;
    }
    const { credential, owner } = this.visitor;
    if ((await this.authenticator.identify(credential)).userId !== owner) return true;
    this.askedAt = Date.now();
    return false;
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
