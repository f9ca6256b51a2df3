/** What the socket mouth counts. The first two are how many there are now, the others only ever grow. */
export interface RealtimeSnapshot {
  readonly connections: number;
  readonly channels: number;
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  readonly slowReadersDropped: number;
}

/** Plain numbers, changed on the hottest paths of the process; whoever exports metrics asks for a snapshot. */
export class RealtimeCounters implements RealtimeSnapshot {
  connections = 0;
  channels = 0;
  messagesIn = 0;
  /** Bytes of the texts of messages, frames not counted. */
  bytesIn = 0;
  messagesOut = 0;
  /** Bytes of message frames; control frames are not counted. */
  bytesOut = 0;
  slowReadersDropped = 0;
  /** Is told of each round of writing how long after its first message was queued the last one was written, in s. */
  onRound: ((seconds: number) => void) | undefined;

  snapshot(): RealtimeSnapshot {
    const { connections, channels, messagesIn, bytesIn, messagesOut, bytesOut, slowReadersDropped } = this;
    return { connections, channels, messagesIn, bytesIn, messagesOut, bytesOut, slowReadersDropped };
  }
}
