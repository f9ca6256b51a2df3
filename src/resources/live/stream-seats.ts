import type { LiveSettings } from './live.settings.js';

/** How many are on streams and long polls, and who: one count for lists and the change feed. */
export class StreamSeats {
  private count = 0;
  private readonly byUser = new Map<string, number>();

  constructor(private readonly settings: Pick<LiveSettings, 'maxStreams' | 'maxStreamsPerUser'>) {}

  /** @returns what gives the seat back; `undefined`: there is none for this user */
  take(userId: string | undefined): (() => void) | undefined {
    const { maxStreams, maxStreamsPerUser } = this.settings;
    const own = userId === undefined ? 0 : (this.byUser.get(userId) ?? 0);
    if (this.count >= maxStreams || (userId !== undefined && own >= maxStreamsPerUser)) return undefined;
    this.add(userId, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.add(userId, -1);
      isTaken = false;
    };
  }

  private add(userId: string | undefined, difference: number): void {
    this.count += difference;
    if (userId === undefined) return;
    const own = (this.byUser.get(userId) ?? 0) + difference;
    if (own === 0) this.byUser.delete(userId);
    else this.byUser.set(userId, own);
  }
}
