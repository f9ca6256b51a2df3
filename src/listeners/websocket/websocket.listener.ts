import type { ChangeListener, ListenerDefinition } from '../../changes/change-listener.js';
import { ChannelTemplate } from '../../changes/channel-template.js';
import { messagesWithin, type Payload } from '../../changes/payload.js';
import type { CommittedChange, ImpactedObject } from '../../changes/resource-change.js';
import type { Hub } from '../../realtime/hub.js';
import { isCache, isEncrypted, isPublic } from '../../realtime/pusher/channel-name.js';
import { WebSocketSettings } from './websocket.settings.js';

type Publisher = Pick<Hub, 'publish' | 'publishEach' | 'subscribersTo' | 'countSubscribers' | 'isOccupied'>;

type Impacted = readonly ImpactedObject[];

/** Who may see what of a change at the moment it is sent. */
export interface FrameGate {
  /** What each of these subscribers of a channel may see: the very same array for all who may see the same. */
  visibleTo(
    change: CommittedChange,
    impacted: Impacted,
    channel: string,
    socketIds: readonly string[],
  ): Promise<(socketId: string) => Impacted>;
  /** What everybody may see, logged in or not. */
  visibleToEveryone(change: CommittedChange, impacted: Impacted): Promise<Impacted>;
}

/** Whom changes are announced for, on channels that not everybody may hear. */
export interface ChannelGuard {
  readonly readers: FrameGate;
  /** What is sent on an encrypted channel in place of the text; `undefined`: nothing can be. */
  seal(channel: string, text: string): string | undefined;
  /** Is told of each template that there is. */
  announce(template: ChannelTemplate): void;
  warn(message: string): void;
}

/**
 * Announces changes to the WebSocket clients of this very server, as Pusher would.
 *
 * @param appId the channels app whose channels these are
 * @param guard without one, only public channels are announced on
 */
export function webSocketListener(
  hub: Publisher,
  appId: string,
  guard?: ChannelGuard,
): ListenerDefinition<WebSocketSettings> {
  return {
    kind: 'websocket',
    settings: WebSocketSettings,
    create: (settings, { name, payload }) => {
      const template = new ChannelTemplate(settings.channel);
      guard?.announce(template);
      if (isPublic(template.prefix) && settings.publicChannels === 'open') {
        guard?.warn(
          `event_listeners.${name}.channel makes public channels: whoever knows a name hears every change on it, ` +
            `whatever the permissions. A channel that begins with private- asks for them; so does ` +
            `event_listeners.${name}.public_channels = readable`,
        );
      }
      return new WebSocketListener({ hub, appId, payload, template, guard }, settings);
    },
  };
}

interface Target {
  readonly hub: Publisher;
  readonly appId: string;
  readonly payload: Payload;
  readonly template: ChannelTemplate;
  readonly guard: ChannelGuard | undefined;
}

/** Hears every write, so it neither waits nor parses, and makes a payload only for a channel that somebody hears. */
class WebSocketListener implements ChangeListener {
  readonly delivery = 'on-every-node';

  constructor(
    private readonly target: Target,
    private readonly settings: Readonly<WebSocketSettings>,
  ) {}

  hasAudience(): boolean {
    const { hub, appId, template } = this.target;
    return this.isKept(template.prefix) || hub.isOccupied(appId);
  }

  afterCommit(change: CommittedChange): Promise<void> | void {
    const { hub, appId, template } = this.target;
    let guarded: { channel: string; impacted: Impacted }[] | undefined;
    for (const { channel, impacted } of template.fill(change)) {
      if (hub.countSubscribers(appId, channel) === 0 && !this.isKept(channel)) continue;
      if (!isPublic(channel) || this.settings.publicChannels === 'readable') {
        (guarded ??= []).push({ channel, impacted });
        continue;
      }
      for (const data of this.messagesOf(change, impacted)) hub.publish(appId, { channel, event: change.action, data });
    }
    if (guarded !== undefined) return this.announceGuarded(change, guarded);
  }

  /** Whether somebody who comes later is told the last event: with permissions to ask, it cannot be known whom. */
  private isKept(channel: string): boolean {
    return isCache(channel) && isPublic(channel) && this.settings.publicChannels === 'open';
  }

  private async announceGuarded(
    change: CommittedChange,
    shares: readonly { channel: string; impacted: Impacted }[],
  ): Promise<void> {
    const { hub, appId, guard } = this.target;
    if (guard === undefined) return;
    for (const { channel, impacted } of shares) {
      const visibleTo = await this.gate(guard.readers, change, channel, impacted);
      const made = new Map<Impacted, { event: string; data: string }[]>();
      hub.publishEach(appId, channel, (socketId) => {
        const visible = visibleTo(socketId);
        let messages = made.get(visible);
        if (messages === undefined) {
          messages =
            visible.length === 0
              ? []
              : this.sealed(channel, this.messagesOf(change, visible)).map((data) => ({ event: change.action, data }));
          made.set(visible, messages);
        }
        return messages;
      });
    }
  }

  private async gate(
    readers: FrameGate,
    change: CommittedChange,
    channel: string,
    impacted: Impacted,
  ): Promise<(socketId: string) => Impacted> {
    const { hub, appId } = this.target;
    if (!isPublic(channel)) {
      return readers.visibleTo(change, impacted, channel, hub.subscribersTo(appId, channel));
    }
    const visible = await readers.visibleToEveryone(change, impacted);
    return () => visible;
  }

  private sealed(channel: string, messages: string[]): string[] {
    if (!isEncrypted(channel)) return messages;
    return messages.flatMap((text) => this.target.guard?.seal(channel, text) ?? []);
  }

  private messagesOf(change: CommittedChange, impacted: Impacted): string[] {
    return messagesWithin(this.settings.maxEventBytes, this.target.payload, change, impacted);
  }
}
