/** What the socket mouth counts. The first two are how many there are now, the others only ever grow. */
export interface RealtimeSnapshot {
  readonly connections: number;
  readonly channels: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
  readonly slowReadersDropped: number;
}

/** Plain numbers, changed on the hottest paths of the process; whoever exports metrics asks for a snapshot. */
export class RealtimeCounters implements RealtimeSnapshot {
  connections = 0;
  channels = 0;
  messagesIn = 0;
  messagesOut = 0;
  /** Bytes of message frames; control frames are not counted. */
  bytesOut = 0;
  slowReadersDropped = 0;

  snapshot(): RealtimeSnapshot {
    return { ...this };
  }
}
