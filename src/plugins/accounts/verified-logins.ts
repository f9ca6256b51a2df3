import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Cache } from '../../cache/cache.js';

/** The question whether a user name and a password belong together, while it is being answered. */
interface Question {
  readonly answer: Promise<boolean>;
}

/**
 * Remembers which passwords were right, and the last that was wrong for each user, so that a request with the same
 * credentials as the one before costs no hash. The form is Kinto's (kinto-api.md, 8.4): neither passwords nor user
 * names can be read from the cache, nor tried out without the secret.
 *
 * Wrong ones are remembered in the same way whether there is such an account or not: a basic user of the next policy
 * would else pay for a hash with every request.
 */
export class VerifiedLogins {
  private readonly secret: KeyObject;
  /** By user name, then by the digest of the password. */
  private readonly asked = new Map<string, Map<string, Question>>();
  /** When the last answer that was given here is forgotten, on the clock of `performance.now()`. */
  private rememberedUntil = 0;

  /**
   * @param secret `userid_hmac_secret`
   * @param ttl how long an answer is remembered since it was last used, in ms
   */
  constructor(
    private readonly cache: Cache,
    secret: string,
    private readonly ttl: number,
  ) {
    this.secret = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  /**
   * Whether they belong together. Who asks the same thing at the same time shares the answer.
   *
   * @param check finds it out, with a hash
   */
  isRight(username: string, password: string, check: () => Promise<boolean>): Promise<boolean> {
    const key = this.keyOf(username);
    const digest = createHmac('sha256', key).update(password, 'utf8').digest('hex');
    const ofUser = this.asked.get(username) ?? new Map<string, Question>();
    const shared = ofUser.get(digest);
    if (shared !== undefined) return shared.answer;
    // Nobody may hear or remember an answer about a password that has been changed since it was asked for.
    const isCurrent = () => this.asked.get(username)?.get(digest) === question;
    const question: Question = {
      answer: Promise.resolve()
        .then(() => this.answer({ key, digest }, isCurrent, check))
        .finally(() => {
          if (!isCurrent()) return;
          ofUser.delete(digest);
          if (ofUser.size === 0) this.asked.delete(username);
        }),
    };
    ofUser.set(digest, question);
    this.asked.set(username, ofUser);
    return question.answer;
  }

  /** Whether an answer is being found or remembered that this process has given. */
  get mayRemember(): boolean {
    return this.asked.size > 0 || performance.now() < this.rememberedUntil;
  }

  /** To be called once a change of the account is durable: what was right may be wrong now, and what was wrong right. */
  forget(username: string): void {
    this.asked.delete(username);
    const key = this.keyOf(username);
    // A cache that does not answer forgets by itself, after the time to live.
    for (const name of [key, refusedKey(key)]) void this.cache.take(name).catch(() => undefined);
  }

  private async answer(
    { key, digest }: { key: string; digest: string },
    isCurrent: () => boolean,
    check: () => Promise<boolean>,
  ): Promise<boolean> {
    for (const [name, answer] of [
      [key, true],
      [refusedKey(key), false],
    ] as const) {
      if (!isSame(await this.cache.get(name), digest) || !isCurrent()) continue;
      await this.remember(name, digest);
      return answer;
    }
    const isRight = await check();
    if (isCurrent()) await this.remember(isRight ? key : refusedKey(key), digest);
    return isRight;
  }

  private async remember(name: string, digest: string): Promise<void> {
    this.rememberedUntil = performance.now() + this.ttl;
    await this.cache.set(name, digest, this.ttl);
  }

  /** A secret itself: without it nobody can try passwords against what is in the cache. */
  private keyOf(username: string): string {
    return createHmac('sha256', this.secret).update(`accounts:${username}:verified`, 'utf8').digest('hex');
  }
}

function refusedKey(key: string): string {
  return `${key}:refused`;
}

function isSame(known: string | undefined, digest: string): boolean {
  if (known?.length !== digest.length) return false;
  return timingSafeEqual(Buffer.from(known, 'latin1'), Buffer.from(digest, 'latin1'));
}
