/**
 * Messages between the nodes that work on one database. A message arrives once or not at all, those of one node in the
 * order in which it sent them: nothing may depend on one that is lost.
 */
export interface Bus {
  /** Whether what is published now has a way to others. */
  readonly isConnected: boolean;
  /** To every other node that has subscribed; never back to this one. Never throws. */
  publish(topic: string, text: string): void;
  /** @param listener must not throw @returns what ends it */
  subscribe(topic: string, listener: (text: string) => void): () => void;
  /** Called whenever the way to others is there again: messages may have been lost. */
  onReconnect(listener: () => void): void;
  close(): Promise<void>;
}
