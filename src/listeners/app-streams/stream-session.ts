import { randomBytes } from 'node:crypto';
import { Wakeable } from '../../changes/wakeable.js';
import type { Close } from '../../realtime/close-codes.js';
import { STREAM_CLOSE } from '../../realtime/stream-close-codes.js';
import type { StreamSocket } from '../../realtime/stream-socket.js';
import { CredentialWatch } from '../../resources/live/credential-watch.js';
import type { Storage } from '../../storage/storage.js';
import type { JsonObject } from '../../wire/json.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { readMessage } from './client-message.js';
import { PlaceKeeper } from './place-keeper.js';
import { ScopeWatch } from './scope-watch.js';
import { beginStream, takeHold, type HeldStream, type StreamBeginning } from './stream-beginning.js';
import { controlText } from './stream-frames.js';
import { findStream, readTurn, sightOf, type KnownStream, type Turn, type TurnParts } from './stream-turn.js';
import type { StreamVisitor } from './stream-visitor.js';

/** How long to wait, in ms, when the database fails. */
const FAILURE_PAUSE = 1_000;

/** From how many changes on a client is told that it is behind. */
const LAGGING = 500;

export interface SessionParts extends TurnParts {
  readonly storage: Storage;
  /** Whether this server writes nothing: then no place is kept. */
  readonly isReadonly: boolean;
  /** Seconds, as the client is told. */
  readonly keepalive: number;
  readonly warn: (error: unknown) => void;
}

/**
 * One connection of one stream. It reads the log by itself, no further than its client takes, each time by the stream
 * as it is at that moment and the rights that its owner has then.
 */
export class StreamSession {
  private readonly reading = new Wakeable(() => this.readOn());
  private readonly keeper: PlaceKeeper;
  private readonly credential: CredentialWatch;
  private readonly scope = new ScopeWatch();
  private readonly id = `c_${randomBytes(9).toString('base64url')}`;
  /** `undefined`: hello was not said yet. */
  private known: KnownStream | undefined;
  // Up to where the log was looked through, and what the client was told last.
  private position = '';
  private told = '';
  private acked: string | undefined;
  private isLagging = false;
  private isEnded = false;

  /** @param ended called once */
  constructor(
    private readonly parts: SessionParts,
    readonly visitor: StreamVisitor,
    private readonly socket: StreamSocket,
    private readonly ended: (session: StreamSession) => void,
  ) {
    this.keeper = new PlaceKeeper(parts, this.stream, (position) => this.send({ meta: { type: 'ack', position } }));
    this.credential = new CredentialWatch(parts.authenticator, visitor, () => this.wake());
    socket.use({ text: (message) => this.take(message), resume: () => this.wake(), closed: () => this.finish() });
  }

  /** Says hello; then tells. */
  async open(): Promise<void> {
    const { visitor, parts } = this;
    try {
      const begun = await parts.storage.read(async (view) => {
        const known = await findStream(view, visitor);
        if (known === undefined) return undefined;
        await this.scope.look(await sightOf(view, parts, visitor), known.wish.roots);
        return { known, beginning: await beginStream(view, parts.log, visitor, visitor.start) };
      });
      if (begun === undefined) {
        this.end(STREAM_CLOSE.DELETED);
        return;
      }
      if (!parts.isReadonly) await takeHold(parts.storage, this.stream, begun.beginning);
      if (this.hasEnded()) return;
      this.known = begun.known;
      this.greet(begun.known.stream, begun.beginning);
      this.wake();
    } catch (error) {
      parts.warn(error);
      this.end(STREAM_CLOSE.OVER_CAPACITY);
    }
  }

  /** There may be something new, or somebody may be another by now. */
  wake(): void {
    if (this.known !== undefined && !this.isEnded) this.reading.wake();
  }

  /** The same, and rights are looked at that no change tells of. */
  sweep(): void {
    this.scope.doubt();
    this.wake();
  }

  /** Tells the place when changes have gone by untold. */
  checkpoint(): void {
    if (this.isEnded || this.position === this.told || !this.socket.hasRoom) return;
    const { position, told: previous } = this;
    this.socket.send(controlText('checkpoint', { position, previous }));
    this.settle(position);
  }

  /** Ends the connection. @param bye the reason, where the client is told first where it is to go on */
  end(close: Close, bye?: string): void {
    if (this.isEnded) return;
    if (bye !== undefined) this.socket.send(controlText('bye', { reason: bye, position: this.told }));
    this.socket.close(close);
    this.finish();
  }

  /** Nothing of it begins any more; resolves when nothing of it goes on. */
  async settled(): Promise<void> {
    await this.reading.close();
    await this.keeper.close();
  }

  private get stream(): HeldStream {
    return { owner: this.visitor.owner, key: this.visitor.key, holder: this.id };
  }

  private greet(stream: StoredObject, { position, resumed, reason, places }: StreamBeginning): void {
    this.position = this.told = position;
    this.acked = resumed === 'replay' ? places.acked : undefined;
    this.send({
      meta: {
        ...{ type: 'hello', connection_id: this.id },
        ...{ keepalive: this.parts.keepalive, position, resumed, stream: described(stream) },
      },
    });
    if (reason !== undefined) this.socket.send(controlText('reset', { reason, position }));
  }

  /** @returns whether there is more to do at once */
  private async readOn(): Promise<boolean> {
    const { parts, known, scope, visitor } = this;
    const holder = parts.isReadonly ? undefined : this.id;
    if (this.hasEnded() || known === undefined) return false;
    try {
      if (await this.credential.hasChanged()) {
        this.end(STREAM_CLOSE.CREDENTIAL_GONE);
        return false;
      }
      // Only now: who has lost what they had shown is let go also while they do not read.
      if (!this.socket.hasRoom) return false;
      const place = { position: this.position, told: this.told };
      const turn = await parts.storage.read((view) => readTurn(view, parts, visitor, { known, place, scope, holder }));
      if (this.hasEnded()) return false;
      if (typeof turn !== 'string') return this.tell(turn);
      this.end(turn === 'deleted' ? STREAM_CLOSE.DELETED : STREAM_CLOSE.TAKEN_OVER);
      return false;
    } catch (error) {
      parts.warn(error);
      await this.reading.pause(FAILURE_PAUSE);
      return !this.hasEnded();
    }
  }

  /** @returns whether there is more to do at once */
  private tell({ stream, wish, page, reset, pending, lost }: Turn): boolean {
    const isChanged = stream.lastModified !== this.known?.stream.lastModified;
    this.known = { stream, wish };
    if (isChanged) {
      this.socket.send(controlText('stream_updated', { stream: described(stream), position: this.told }));
    }
    if (reset !== undefined) {
      this.settle(reset.position);
      this.socket.send(controlText('reset', reset));
    }
    this.tellLag(page.more, pending);
    for (const { text, position } of page.frames) {
      const hasRoom = this.socket.send(text);
      if (position === undefined) continue;
      this.settle(position);
      if (!hasRoom) {
        this.scope.forget(lost);
        return false;
      }
    }
    this.position = page.position;
    for (const uri of lost) this.socket.send(controlText('grant_lost', { uri, position: this.told }));
    // Thousands went by untold: the place is worth telling at once.
    if (page.more && page.frames.length === 0) this.checkpoint();
    return page.more;
  }

  private tellLag(more: boolean, pending: number): void {
    if (more && pending >= LAGGING && !this.isLagging) {
      this.isLagging = true;
      this.socket.send(controlText('lagging', { pending, position: this.told }));
    }
    if (!more) this.isLagging = false;
  }

  private settle(position: string): void {
    this.position = this.told = position;
    this.keeper.keep({ sent: position });
  }

  /** @returns whether it acknowledges something new: of these there are no more than frames */
  private take(text: string): boolean {
    const message = readMessage(text);
    // Before hello there is nothing to acknowledge.
    if (message.type === 'ack' && this.known !== undefined) return this.acknowledge(message.position);
    this.send({ meta: { type: 'pong' } });
    return false;
  }

  /** It is answered once it is written down. */
  private acknowledge(position: string): boolean {
    const { log } = this.parts;
    if (!log.isPosition(position) || log.distance(this.told, position) > 0) {
      const message = 'meta.position: it is no position that was told here';
      this.send({ meta: { type: 'error', code: 400, errno: 107, error: 'Invalid parameters', message } });
      return false;
    }
    const distance = this.acked === undefined ? 1 : log.distance(this.acked, position);
    if (distance < 0) return false;
    this.acked = position;
    this.keeper.keep({ acked: position });
    return distance > 0;
  }

  private send(message: JsonObject): void {
    this.socket.send(JSON.stringify(message));
  }

  /** It may have ended during a wait, which a comparison with the property would not believe. */
  private hasEnded(): boolean {
    return this.isEnded;
  }

  private finish(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.credential.close();
    this.ended(this);
  }
}

function described({ id, value }: StoredObject): JsonObject {
  return { key: id, object_types: value.object_types ?? [] };
}
