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

/** What all servers that share the channels see happen. The others happen on one of them. */
const OF_ALL_SERVERS: ReadonlySet<ChannelEvent['name']> = new Set([
  ...(['channel_occupied', 'channel_vacated', 'member_added', 'member_removed', 'subscription_count'] as const),
]);

/** Hears of an app's channels the moment something happens. Must not wait, and must not throw. */
export type ChannelWatcher = (appId: string, event: ChannelEvent) => void;

/** What became of the webhooks that tell of it. Each number only ever grows. */
export interface WebhookOutcomes {
  readonly delivered: number;
  readonly failedTries: number;
  readonly dropped: number;
}

/** Whoever wants to know what happens to channels says so here, before the server has started. */
export class ChannelEvents {
  /** Told by who sends them. */
  webhooks: WebhookOutcomes | undefined;
  private readonly watchers: ChannelWatcher[] = [];
  /** Whether this server is the one that tells what is true of all servers together: each of them sees it. */
  isTeller: () => boolean = () => true;

  watch(watcher: ChannelWatcher): void {
    this.watchers.push(watcher);
  }

  /** Whether telling them is worth making the event. */
  get isWatched(): boolean {
    return this.watchers.length > 0;
  }

  tell(appId: string, event: ChannelEvent): void {
    if (OF_ALL_SERVERS.has(event.name) && !this.isTeller()) return;
    for (const watcher of this.watchers) watcher(appId, event);
  }
}
