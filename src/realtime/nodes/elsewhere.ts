import { Injectable } from '@nestjs/common';
import type { ChannelMessage } from '../hub.js';

/** Where what happens here is told to the other servers; set while there are any. */
export interface Teller {
  publish(appId: string, message: ChannelMessage): void;
  relay(appId: string, channel: string, text: string, exceptSocketId: string): void;
  terminate(appId: string, userId: string): void;
  /** The number of subscribers here is another one. */
  noteChannel(appId: string, channel: string): void;
}

/**
 * The sockets of the other servers, as far as counting goes, and the way of messages to them. With one server it is
 * empty, and what is told goes nowhere.
 */
@Injectable()
export class Elsewhere {
  teller: Teller | undefined;
  /** By app and channel, then by server. */
  private readonly counts = new Map<string, Map<string, Map<string, number>>>();

  /** Tells the subscribers of the other servers the same. To be called after those of this one were told. */
  publish(appId: string, message: ChannelMessage): void {
    this.teller?.publish(appId, message);
  }

  relay(appId: string, channel: string, text: string, exceptSocketId: string): void {
    this.teller?.relay(appId, channel, text, exceptSocketId);
  }

  terminate(appId: string, userId: string): void {
    this.teller?.terminate(appId, userId);
  }

  noteChannel(appId: string, channel: string): void {
    this.teller?.noteChannel(appId, channel);
  }

  countSubscribers(appId: string, channel: string): number {
    let total = 0;
    for (const count of this.counts.get(appId)?.get(channel)?.values() ?? []) total += count;
    return total;
  }

  /** The names of the channels that have subscribers there, in no order. */
  occupiedChannels(appId: string): string[] {
    return [...(this.counts.get(appId)?.keys() ?? [])];
  }

  /** @param count 0: none any more */
  setCount(nodeId: string, appId: string, channel: string, count: number): void {
    const channels = this.counts.get(appId) ?? new Map<string, Map<string, number>>();
    const ofChannel = channels.get(channel) ?? new Map<string, number>();
    if (count > 0) ofChannel.set(nodeId, count);
    else ofChannel.delete(nodeId);
    if (ofChannel.size > 0) channels.set(channel, ofChannel);
    else channels.delete(channel);
    if (channels.size > 0) this.counts.set(appId, channels);
    else this.counts.delete(appId);
  }
}
