import type { StreamSight } from './stream-sight.js';

/** Notices when a bucket or a collection that a stream's scope names cannot be read as a whole any more. */
export class ScopeWatch {
  private readonly readable = new Map<string, boolean>();
  private isDoubted = true;

  /** At the next look everything is asked about again. */
  doubt(): void {
    this.isDoubted = true;
  }

  /** @returns those that have been lost since the last look */
  async look(sight: Pick<StreamSight, 'readsAllOf'>, roots: readonly string[]): Promise<string[]> {
    const lost: string[] = [];
    for (const root of this.readable.keys()) if (!roots.includes(root)) this.readable.delete(root);
    for (const root of roots) {
      const before = this.readable.get(root);
      if (before !== undefined && !this.isDoubted) continue;
      const now = await sight.readsAllOf(root);
      if (before === true && !now) lost.push(root);
      this.readable.set(root, now);
    }
    this.isDoubted = false;
    return lost;
  }

  /** What was lost could not be told: it counts as readable until the next look. */
  forget(lost: readonly string[]): void {
    for (const root of lost) this.readable.set(root, true);
    if (lost.length > 0) this.isDoubted = true;
  }
}
