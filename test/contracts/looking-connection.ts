import type { Connection, Told } from './transport.contract.js';

/** A connection whose client keeps what it hears; here is looked at what has come since. */
export abstract class LookingConnection<Heard> implements Connection {
  /**
   * @param waiting what it has been told already
   * @param looked how much of what its client has heard that is
   */
  constructor(
    private readonly waiting: Told[],
    private looked: number,
  ) {}

  /** All that has been heard so far. */
  protected abstract get heard(): readonly Heard[];

  /** What the contract calls it. */
  protected abstract readonly read: (heard: Heard) => Told | Told[];

  /** Resolves when it holds, or when nothing more will be heard. */
  protected abstract untilHeard(isMore: () => boolean): Promise<void>;

  abstract drop(): void;

  async next(): Promise<Told | undefined> {
    while (this.waiting.length === 0) {
      const isMore = () => this.heard.length > this.looked;
      await this.untilHeard(isMore);
      if (!isMore()) return undefined;
      this.look();
    }
    return this.waiting.shift();
  }

  arrived(): Promise<Told[]> {
    this.look();
    return Promise.resolve(this.waiting.splice(0));
  }

  private look(): void {
    const fresh = this.heard.slice(this.looked);
    this.looked = this.heard.length;
    this.waiting.push(...fresh.flatMap((each) => this.read(each)));
  }
}
