import type { Waits } from '../wire/backoff.js';

export { Backoff } from '../wire/backoff.js';

/** How long deliveries wait for a listener, all in ms. A parameter, so that tests need not be as patient. */
export interface Patience extends Waits {
  /** How long the end waits for a try under way, and for the listener's own end; containers are killed after 10 s. */
  readonly closeGrace: number;
}

export const PATIENCE: Patience = {
  firstWait: 500,
  longestWait: 60_000,
  closeGrace: 5_000,
};
