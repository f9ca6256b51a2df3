import type { Logger } from '@nestjs/common';

/** What is wrong with a provider, once per pause: every request of every user would say the same. */
export class ProviderTrouble {
  private quietUntil = 0;

  /**
   * @param provider its name in the settings
   * @param pause ms
   */
  constructor(
    private readonly provider: string,
    private readonly pause: number,
    private readonly log: Pick<Logger, 'warn'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param what e.g. `the discovery document`; never anything that came from a token */
  report(what: string, error: unknown): void {
    if (this.now() < this.quietUntil) return;
    this.quietUntil = this.now() + this.pause;
    this.log.warn(`${this.provider}: ${what} cannot be had: ${describe(error)}`);
  }
}

/** The provider answered, with something else than what was asked for. */
export class ProviderAnswer extends Error {
  override readonly name = 'ProviderAnswer';
}

/** Messages of parsers repeat what they read, which may be a token: their kind has to do. */
function describe(error: unknown): string {
  if (error instanceof ProviderAnswer) return error.message;
  if (typeof error !== 'object' || error === null) return 'unknown error';
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown };
  const inner = typeof cause === 'object' && cause !== null ? (cause as { code?: unknown; name?: unknown }) : {};
  return [inner.code, code, inner.name, name].find((word) => typeof word === 'string') ?? 'unknown error';
}
