import { createHmac, timingSafeEqual } from 'node:crypto';
import { Registry } from '../wire/registry.js';

/** What an application allows its clients, and what its own servers are told. */
export interface ChannelAppOptions {
  /** Whether clients may send events (`client-*`) to each other on private and presence channels. */
  readonly clientEvents: boolean;
  /** Whether subscribers, and webhooks, are told how many subscriptions a channel has. */
  readonly subscriptionCount: boolean;
  /** The origins of web pages that may connect, with * for any run of characters; undefined: those of the server. */
  readonly allowedOrigins: readonly string[] | undefined;
  /** The most connections of this app on this node; 0 means no limit but the server's. */
  readonly maxConnections: number;
}

/** An app of which nothing else is said. */
export const DEFAULT_APP_OPTIONS: ChannelAppOptions = {
  clientEvents: true,
  subscriptionCount: false,
  allowedOrigins: undefined,
  maxConnections: 0,
};

/** An application: whose channels these are, and the key and secret its servers and clients identify themselves with. */
export class ChannelApp {
  readonly id: string;
  readonly key: string;
  readonly options: ChannelAppOptions;
  // A private field, so that neither JSON, the inspector nor a log line can show it.
  readonly #secret: string;

  /** @throws Error for an id or key that a URL cannot carry as it is, or an empty secret. */
  constructor(app: { id: string; key: string; secret: string; options?: Partial<ChannelAppOptions> }) {
    // pusher-js puts the key, and the server libraries put the id, into the path unencoded (pusher-protocol.md, 1.1).
    if (!URL_WORD.test(app.id)) throw new Error(`The id of a channels app is made of A-Z a-z 0-9 _ -: "${app.id}"`);
    if (!URL_WORD.test(app.key)) throw new Error(`The key of channels app "${app.id}" is made of A-Z a-z 0-9 _ -`);
    if (app.secret === '') throw new Error(`The secret of channels app "${app.id}" is empty`);
    this.id = app.id;
    this.key = app.key;
    this.#secret = app.secret;
    const { clientEvents, subscriptionCount, allowedOrigins, maxConnections } = {
      ...DEFAULT_APP_OPTIONS,
      ...app.options,
    };
    // One by one: whoever made the app may have handed its other settings over as well, and its secret with them.
    this.options = { clientEvents, subscriptionCount, allowedOrigins, maxConnections };
  }

  /** HMAC-SHA256 of the text with the secret, 64 lower-case hex digits. */
  sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('hex');
  }

  /** Whether the signature is the one of this text, compared in constant time. */
  isSigned(text: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(text));
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  toString(): string {
    return `ChannelApp ${this.id}`;
  }
}

const URL_WORD = /^[A-Za-z0-9_-]+$/;

/** The applications of this server: added until it has started, read-only from then on. */
export class ChannelApps {
  private readonly byId = new Registry<ChannelApp>('channels app');
  private readonly byKey = new Registry<ChannelApp>('channels app with the key');

  /** @throws Error when an app of that id or key is there already, or the registry is sealed. */
  add(app: ChannelApp): void {
    // Asked first, so that a refused app is found by neither.
    if (this.byKey.find(app.key) !== undefined && this.byId.find(app.id) === undefined) {
      throw new Error(`The channels app ${app.id} has the key of another app`);
    }
    this.byId.add(app.id, app);
    this.byKey.add(app.key, app);
  }

  seal(): void {
    this.byId.seal();
    this.byKey.seal();
  }

  findById(id: string): ChannelApp | undefined {
    return this.byId.find(id);
  }

  findByKey(key: string): ChannelApp | undefined {
    return this.byKey.find(key);
  }
}
