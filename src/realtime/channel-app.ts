import { createHmac, timingSafeEqual } from 'node:crypto';
import { Registry } from '../wire/registry.js';

/** An application: whose channels these are, and the key and secret its servers and clients identify themselves with. */
export class ChannelApp {
  readonly id: string;
  readonly key: string;
  // A private field, so that neither JSON, the inspector nor a log line can show it.
  readonly #secret: string;

  /** @throws Error for an id or key that a URL cannot carry as it is, or an empty secret. */
  constructor(app: { id: string; key: string; secret: string }) {
    // pusher-js puts the key, and the server libraries put the id, into the path unencoded (pusher-protocol.md, 1.1).
    if (!URL_WORD.test(app.id)) throw new Error(`The id of a channels app is made of A-Z a-z 0-9 _ -: "${app.id}"`);
    if (!URL_WORD.test(app.key)) throw new Error(`The key of channels app "${app.id}" is made of A-Z a-z 0-9 _ -`);
    if (app.secret === '') throw new Error(`The secret of channels app "${app.id}" is empty`);
    this.id = app.id;
    this.key = app.key;
    this.#secret = app.secret;
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
