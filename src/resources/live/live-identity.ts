import type { LiveAccess } from './live-access.js';
import type { LiveStart } from './live-start.js';

/** Who somebody on a live list was when they came, and whether they still are. */
export class LiveIdentity {
  private isDoubted = false;

  constructor(
    private readonly start: Pick<LiveStart, 'headers' | 'identity' | 'keepAlive'>,
    private readonly access: LiveAccess,
  ) {}

  /** Whether it is to be asked before anything more is told. */
  get mustBeAsked(): boolean {
    return this.isDoubted;
  }

  /** A password may be another one by now, a token may have expired. */
  doubt(): void {
    this.isDoubted = true;
  }

  /** Whether they are not who they were. What could not be asked is asked again. */
  async hasChanged(): Promise<boolean> {
    if (!this.isDoubted) return false;
    this.isDoubted = false;
    const { headers, identity, keepAlive } = this.start;
    try {
      if ((await this.access.identify(headers)).userId !== identity.userId) return true;
    } catch (error) {
      this.isDoubted = true;
      throw error;
    }
    keepAlive?.();
    return false;
  }
}
