import type { ChangeListener, ListenerDefinition } from '../../changes/change-listener.js';
import { ChannelTemplate } from '../../changes/channel-template.js';
import { messagesWithin, type Payload } from '../../changes/payload.js';
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
    create: (settings, { payload }) => new WebSocketListener({ hub, appId, payload }, settings),
  };
}

/** Hears every write, so it neither waits nor parses, and makes a payload only for a channel that somebody hears. */
class WebSocketListener implements ChangeListener {
  readonly delivery = 'on-every-node';
  private readonly template: ChannelTemplate;
  private readonly maxEventBytes: number;

  constructor(
    private readonly target: { readonly hub: Publisher; readonly appId: string; readonly payload: Payload },
    { channel, maxEventBytes }: Readonly<WebSocketSettings>,
  ) {
    this.template = new ChannelTemplate(channel);
    this.maxEventBytes = maxEventBytes;
  }

  hasAudience(): boolean {
    return this.target.hub.isOccupied(this.target.appId);
  }

  afterCommit(change: CommittedChange): void {
    const { hub, appId, payload } = this.target;
    for (const { channel, impacted } of this.template.fill(change)) {
      if (hub.countSubscribers(appId, channel) === 0) continue;
      for (const data of messagesWithin(this.maxEventBytes, payload, change, impacted)) {
        hub.publish(appId, { channel, event: change.action, data });
      }
    }
  }
}
