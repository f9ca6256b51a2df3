import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { ApiError } from '../../wire/api-error.js';

/** bcrypt's own limit: what comes after it would count for nothing. */
export const MAX_PASSWORD_BYTES = 72;

/** As Kinto hashes: 2^12 rounds, about a quarter of a second. */
const COST = 12;

/** Nobody's: compared with where there is no account, so that this takes as long as a wrong password. */
const HASH_OF_NOBODY = '$2b$12$4C5d8cdwaYlohz0f0oaA2uDQ0oguxcr5lcNUWS.eOJYq1ceQD4xMa';

/** Of the four threads that files, names and hashes share, one is left to the others; so is one core. */
const MAX_AT_ONCE = Math.min(3, Math.max(1, availableParallelism() - 1));

/** Hashes passwords and compares them, a few at once; the others wait for their turn, as far as there is room. */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param maxWaiting how many may wait */
  constructor(private readonly maxWaiting: number) {}

  /**
   * @param password at most {@link MAX_PASSWORD_BYTES}, not empty
   * @throws ApiError BACKEND when too many wait
   */
  hash(password: string): Promise<string> {
    return this.inTurn(() => bcrypt.hash(password, COST));
  }

  /**
   * Whether it is the password of the account; takes the same time when there is no account. Of a longer password than
   * can be set now, the first 72 bytes count, as they did when Kinto still took one.
   *
   * @param hash `undefined`: there is no account
   * @throws ApiError BACKEND when too many wait
   */
  async isRight(password: string, hash: string | undefined): Promise<boolean> {
    const isSame = await this.inTurn(() => bcrypt.compare(password, hash ?? HASH_OF_NOBODY));
    return isSame && hash !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= MAX_AT_ONCE) {
      if (this.waiting.length >= this.maxWaiting) {
        throw new ApiError('BACKEND', { cause: `${this.waiting.length} passwords are waiting to be hashed` });
      }
      // Who ends hands their turn on, so nobody who has just come can take it.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}

/** Whether it can be a password: a text of 1 to 72 bytes. */
export function isPassword(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_PASSWORD_BYTES;
}
