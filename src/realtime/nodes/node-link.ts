/** The way to the other servers of the same apps. Messages may be lost; those of one server come in their order. */
export interface NodeLink {
  /** Whether there is a way now. */
  readonly isConnected: boolean;
  /** To all others. Never throws. */
  publish(text: string): void;
  listen(listener: (text: string) => void): void;
  /** Called when the way is there again. */
  onReconnect(listener: () => void): void;
}
