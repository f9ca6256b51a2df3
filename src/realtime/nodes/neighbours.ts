import { Injectable } from '@nestjs/common';
import { CLOSE } from '../close-codes.js';
import type { ChannelMessage } from '../hub.js';
import { isUser } from '../pusher/channel-name.js';
import { LocalSockets } from './local-sockets.js';
import type { NodeLink } from './node-link.js';
import { encodeMessage, parseNodeMessage, type NodeMessage, type NodeNews } from './node-message.js';
import { NodeParts } from './node-parts.js';
import { SubscriptionCounts } from '../pusher/subscription-counts.js';
import { isHere, RemoteNode } from './remote-node.js';

/** How long changes are gathered, in ms: who comes and goes does so in crowds. */
const GATHERED = 10;

/** How often it is told that this server is there, in ms. */
const BEAT = 1_000;

export interface NeighbourOptions {
  /** Of this start of this server. */
  readonly id: string;
  /** After how long a silence another server is taken for gone, in ms. */
  readonly timeout: number;
}

/**
 * The other servers of the same apps. Each tells the others what it has: subscribers by channel, members, signed-in
 * users; first everything, then what is another way now. A number on each message shows that one was missed; then
 * everything is asked for again. Who is silent for too long is gone with all they had, unless it is this server that
 * cannot hear: as long as there is no way to the others, they count as they were.
 *
 * What is published is told once. Who is cut off at that moment misses it, as a client that is not connected does.
 */
@Injectable()
export class Neighbours {
  private readonly others = new Map<string, RemoteNode>();
  private readonly local: LocalSockets;
  private link: NodeLink | undefined;
  private options: NeighbourOptions = { id: '', timeout: 5_000 };
  private number = 0;
  private flushing: NodeJS.Timeout | undefined;
  private beating: NodeJS.Timeout | undefined;
  private lastBeat = 0;

  constructor(
    private readonly parts: NodeParts,
    private readonly counts: SubscriptionCounts,
  ) {
    this.local = new LocalSockets(parts);
  }

  /** From now on the others are heard and told. */
  open(link: NodeLink, options: NeighbourOptions): void {
    this.link = link;
    this.options = options;
    const { presence, users, elsewhere } = this.parts;
    presence.onChange = (appId, channel, userId, subscriber) => {
      if (isHere(subscriber)) this.note(() => this.local.noteMember(appId, channel, userId));
    };
    users.onChange = (appId, userId, connection) => {
      if (isHere(connection)) this.note(() => this.local.noteUser(appId, userId));
    };
    elsewhere.teller = {
      noteChannel: (appId, channel) => {
        if (!isUser(channel)) this.note(() => this.local.noteChannel(appId, channel));
      },
      publish: (appId, message) => this.tell({ kind: 'publish', appId, message }),
      relay: (appId, channel, text, exceptSocketId) =>
        this.tell({ kind: 'relay', appId, channel, text, exceptSocketId }),
      terminate: (appId, userId) => this.tell({ kind: 'terminate', appId, userId }),
    };
    link.listen((text) => this.hear(text));
    link.onReconnect(() => this.comeBack());
    this.lastBeat = performance.now();
    this.beating = setInterval(() => this.beat(), BEAT);
    this.beating.unref();
    this.tell({ kind: 'hello' });
    this.tellEverything();
  }

  /** The others forget this server at once. */
  close(): void {
    if (this.link === undefined) return;
    clearInterval(this.beating);
    clearTimeout(this.flushing);
    this.tell({ kind: 'bye' });
    this.parts.elsewhere.teller = undefined;
    this.parts.presence.onChange = undefined;
    this.parts.users.onChange = undefined;
    this.link = undefined;
  }

  /** How many others there are. */
  get count(): number {
    return this.others.size;
  }

  private note(what: () => void): void {
    what();
    this.flushing ??= setTimeout(() => this.flush(), GATHERED);
  }

  private flush(): void {
    clearTimeout(this.flushing);
    this.flushing = undefined;
    const changes = this.local.takeChanges();
    if (changes !== undefined) this.send({ kind: 'change', ...changes });
  }

  /** After what has changed before, so that others hear of both in the same order. */
  private tell(news: NodeNews): void {
    this.flush();
    this.send(news);
  }

  private tellEverything(): void {
    // What is told with everything need not be told as a change as well.
    this.local.takeChanges();
    for (const part of this.local.everything()) this.send({ kind: 'state', ...part });
  }

  private send(news: NodeNews): void {
    if (news.kind !== 'beat') this.number += 1;
    this.link?.publish(encodeMessage({ from: this.options.id, n: this.number, news }));
  }

  private hear(text: string): void {
    const message = parseNodeMessage(text);
    if (message === undefined || this.link === undefined || message.from === this.options.id) return;
    const { from, news } = message;
    if (news.kind === 'bye') {
      this.forget(from);
      return;
    }
    const other = this.others.get(from) ?? new RemoteNode(from, this.parts, this.counts);
    this.others.set(from, other);
    this.follow(other, message);
    this.attend(other, news);
    if (other.isStale) this.ask(other);
  }

  /** Notices what was missed. */
  private follow(other: RemoteNode, { n, news }: NodeMessage): void {
    other.lastHeard = performance.now();
    const expected = news.kind === 'beat' ? other.lastNumber : other.lastNumber + 1;
    if (n !== expected) other.miss();
    other.lastNumber = n;
  }

  private attend(other: RemoteNode, news: NodeNews): void {
    const { hub, users } = this.parts;
    switch (news.kind) {
      case 'hello':
        // What it has follows by itself.
        other.askedAt = performance.now();
        this.tellEverything();
        break;
      case 'ask':
        if (news.whom === this.options.id) this.tellEverything();
        break;
      case 'state':
        // A part that follows one that was missed completes nothing.
        other.gather(news, news);
        break;
      case 'change':
        other.change(news);
        break;
      case 'publish':
        this.publish(news.appId, news.message);
        break;
      case 'relay':
        hub.relay(news.appId, news.channel, news.text, news.exceptSocketId);
        break;
      case 'terminate':
        users.terminate(news.appId, news.userId, CLOSE.TERMINATED);
        break;
    }
  }

  private publish(appId: string, message: ChannelMessage): void {
    this.parts.hub.publish(appId, message);
  }

  /** Not at every message: the answer may be on its way. */
  private ask(other: RemoteNode): void {
    const now = performance.now();
    if (now - other.askedAt < BEAT) return;
    other.askedAt = now;
    this.tell({ kind: 'ask', whom: other.id });
  }

  private beat(): void {
    const now = performance.now();
    // This process has stood still: what others have said meanwhile has not been heard yet.
    const late = Math.max(0, now - this.lastBeat - BEAT);
    this.lastBeat = now;
    this.flush();
    this.send({ kind: 'beat' });
    for (const other of [...this.others.values()]) {
      other.lastHeard += late;
      if (this.link?.isConnected !== true) other.lastHeard = now;
      else if (now - other.lastHeard > this.options.timeout) this.forget(other.id);
    }
  }

  /** Others have said what was not heard here, and have not heard what was said here. */
  private comeBack(): void {
    const now = performance.now();
    for (const other of this.others.values()) {
      other.lastHeard = now;
      other.miss();
    }
    this.tell({ kind: 'hello' });
    this.tellEverything();
  }

  private forget(id: string): void {
    const other = this.others.get(id);
    this.others.delete(id);
    other?.forget();
  }
}
