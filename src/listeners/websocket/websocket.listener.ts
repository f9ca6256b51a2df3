import type { ChangeListener, ListenerDefinition } from '../../changes/change-listener.js';
import { ChannelTemplate } from '../../changes/channel-template.js';
import { payloadWithin } from '../../changes/kinto-payload.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import type { Hub } from '../../realtime/hub.js';
import { WebSocketSettings } from './websocket.settings.js';

type Publisher = Pick<Hub, 'publish' | 'countSubscribers' | 'isOccupied'>;

/**
 * Announces changes to the WebSocket clients of this very server, as Pusher would.
 *
 * @param appId the channels app whose channels these are
 */
export function webSocketListener(hub: Publisher, appId: string): ListenerDefinition<WebSocketSettings> {
  return {
    kind: 'websocket',
    settings: WebSocketSettings,
    create: (settings) => new WebSocketListener(hub, appId, settings),
  };
}

/** Hears every write, so it neither waits nor parses, and makes a payload only for a channel that somebody hears. */
class WebSocketListener implements ChangeListener {
  readonly delivery = 'on-every-node';
  private readonly template: ChannelTemplate;
  private readonly maxEventBytes: number;

  constructor(
    private readonly hub: Publisher,
    private readonly appId: string,
    { channel, maxEventBytes }: Readonly<WebSocketSettings>,
  ) {
    this.template = new ChannelTemplate(channel);
    this.maxEventBytes = maxEventBytes;
  }

  hasAudience(): boolean {
    return this.hub.isOccupied(this.appId);
  }

  afterCommit(change: CommittedChange): void {
    for (const { channel, impacted } of this.template.fill(change)) {
      if (this.hub.countSubscribers(this.appId, channel) === 0) continue;
      const data = payloadWithin(this.maxEventBytes, change, impacted);
      this.hub.publish(this.appId, { channel, event: change.action, data });
    }
  }
}
