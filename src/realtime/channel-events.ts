/** What happens to channels that an app's own server may want to know (pusher-protocol.md, 6). */
export type ChannelEvent =
  | { readonly name: 'channel_occupied' | 'channel_vacated'; readonly channel: string }
  | { readonly name: 'member_added' | 'member_removed'; readonly channel: string; readonly user_id: string }
  | { readonly name: 'subscription_count'; readonly channel: string; readonly subscription_count: number }
  | { readonly name: 'cache_miss'; readonly channel: string }
  | {
      readonly name: 'client_event';
      readonly channel: string;
      readonly event: string;
      /** As the client sent it: text, or what is not text as JSON. */
      readonly data: string;
      readonly socket_id: string;
      /** On presence channels, who sent it. */
      readonly user_id?: string;
    };

/** Hears of an app's channels the moment something happens. Must not wait, and must not throw. */
export type ChannelWatcher = (appId: string, event: ChannelEvent) => void;

/** Whoever wants to know what happens to channels says so here, before the server has started. */
export class ChannelEvents {
  private readonly watchers: ChannelWatcher[] = [];

  watch(watcher: ChannelWatcher): void {
    this.watchers.push(watcher);
  }

  /** Whether telling them is worth making the event. */
  get isWatched(): boolean {
    return this.watchers.length > 0;
  }

  tell(appId: string, event: ChannelEvent): void {
    for (const watcher of this.watchers) watcher(appId, event);
  }
}
