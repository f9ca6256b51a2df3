/** The processes that serve one port together, of which this is one. */
export interface ServingProcesses {
  /** To be called once, before the port is opened. @param tell what this process has measured so far, in the text format */
  open(tell: () => Promise<string>): void;
  /**
   * What all of them have measured: of whoever answers, everything up to this call.
   *
   * @throws ApiError when it cannot be had, rather than a part: whoever compares sums would take less for a restart
   */
  gather(): Promise<Gathered>;
}

export interface Gathered {
  /** What they have told, those that have ended among them; of one that does not answer it is what it told last. */
  readonly texts: readonly string[];
  /** How many processes there are to be. */
  readonly expected: number;
  /** How many have answered. */
  readonly answered: number;
}
