import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator, Identity } from '../../auth/authenticator.js';

/** Somebody who stays, as they came. */
export interface Stayer {
  readonly headers: RequestHeaders;
  readonly identity: Identity;
  /** Called now and then while they are who they were. */
  readonly keepAlive?: (() => void) | undefined;
}

/** In ms: within it nobody is asked again who they are, however fast the log grows. */
const AGE = 1_000;

/** Asks now and then whether somebody is still who they were: a password may be another one by now. */
export class CredentialWatch {
  private askedAt = Date.now();
  private timer: NodeJS.Timeout | undefined;

  /** @param wake has it asked again a moment later, when it was too early */
  constructor(
    private readonly authenticator: Pick<Authenticator, 'identify'>,
    private readonly stayer: Stayer,
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
    const { headers, identity, keepAlive } = this.stayer;
    if ((await this.authenticator.identify(headers)).userId !== identity.userId) return true;
    this.askedAt = Date.now();
    keepAlive?.();
    return false;
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
