import { SharedCache, type CacheStore } from '../../src/cache/shared-cache.js';
import type { CacheFixture } from '../contracts/cache.contract.js';
import { RecordingLog } from '../support/recording-log.js';

/** What a store is made of. */
export interface StoreParts {
  readonly log: RecordingLog;
  /** By default one of each test's own. */
  readonly prefix: string;
  /** Where it is, unless where it usually is. */
  readonly url: string | undefined;
}

/** The caches of the tests of one `describe`, each closed after its test. */
export class SharedCaches {
  private opened: SharedCache[] = [];
  private tests = 0;

  constructor(private readonly makeStore: (parts: StoreParts) => CacheStore) {
    beforeEach(() => {
      this.tests += 1;
    });
    afterEach(async () => {
      for (const cache of this.opened) await cache.close();
      this.opened = [];
    });
  }

  get prefix(): string {
    return `test-${this.tests}`;
  }

  async open({ log = new RecordingLog(), prefix = this.prefix, url }: Partial<StoreParts> = {}): Promise<SharedCache> {
    const cache = new SharedCache(this.makeStore({ log, prefix, url }), log);
    this.opened.push(cache);
    await cache.open();
    return cache;
  }

  /** For the contract: as two servers have it, on the clock of the store. */
  async fixture(): Promise<CacheFixture> {
    const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    return { cache: await this.open(), another: await this.open(), pass };
  }
}
