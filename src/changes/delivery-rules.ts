/** How much a durable listener is put up with. */
export interface DeliveryRules {
  /** Where one that is new begins: at what is committed from now on, or with everything that is still in the log. */
  readonly start: 'end' | 'beginning';
  /** After how many failed tries a change is put aside, if the one behind it can be told; 0: never. */
  readonly maxTries: number;
  /** How many changes may lie aside; when it is full, the next one that fails holds up those behind it. */
  readonly maxDeadLetters: number;
  /** How long one try may take, in ms. What hangs for longer has failed: nothing else would ever move it on. */
  readonly timeout: number;
}

export const DELIVERY_RULES: DeliveryRules = {
  start: 'end',
  maxTries: 8,
  maxDeadLetters: 10_000,
  timeout: 30_000,
};
