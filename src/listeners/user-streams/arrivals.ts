/** How many stretches of one size there are at most; beyond, the oldest two become one of twice the size. */
const MOST_OF_A_SIZE = 8;

/** Frames in a row of which it is not known that they have arrived. */
interface Stretch {
  /** The place that was told before them. */
  readonly from: string;
  /** The number of the last of them. */
  readonly upTo: number;
  /** How many they are. */
  readonly size: number;
}

/**
 * Up to where a list was told, and up to where that has surely arrived. What was written to a socket may have been lost
 * with it: who comes back is told it again, and drops by position what they have. The longer ago something was told, the
 * less exactly it is known what came before it, so that a hundred stretches do for millions of frames; what is not known
 * exactly is told again.
 */
export class Arrivals {
  /** The oldest and largest first. */
  private stretches: Stretch[] = [];

  /** @param told the place that is known at the beginning */
  constructor(private told: string) {}

  /** The place that was told last. */
  get place(): string {
    return this.told;
  }

  /** @param number of the frame: greater than that of any before */
  sent(number: number, place: string): void {
    this.stretches.push({ from: this.told, upTo: number, size: 1 });
    this.told = place;
    this.thinOut();
  }

  /** All frames up to that number have arrived. */
  arrived(number: number): void {
    const next = this.stretches.findIndex(({ upTo }) => upTo > number);
    this.stretches.splice(0, next < 0 ? this.stretches.length : next);
  }

  /** Everything that may have been lost is to be told again. */
  rewind(): void {
    this.told = this.stretches[0]?.from ?? this.told;
    this.stretches = [];
  }

  private thinOut(): void {
    let end = this.stretches.length;
    while (end > 0) {
      const { size } = this.stretches[end - 1]!;
      let start = end - 1;
      while (this.stretches[start - 1]?.size === size) start -= 1;
      if (end - start <= MOST_OF_A_SIZE) return;
      const [first, second] = this.stretches.slice(start, start + 2) as [Stretch, Stretch];
      this.stretches.splice(start, 2, { from: first.from, upTo: second.upTo, size: 2 * size });
      end = start + 1;
    }
  }
}
