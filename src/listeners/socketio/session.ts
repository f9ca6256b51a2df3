import type { Socket } from 'socket.io';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Ticket } from '../../auth/tickets.js';
import { CHANGE_POSITION } from '../../resources/live/change-position.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { ApiError } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import type { Visitor } from './admission.js';
import { Allowance } from './allowance.js';
import type { Audience } from './announcer.js';
import type { ApiDesk } from './api-desk.js';
import { isRecord } from './command-request.js';
import type { Echoes } from './echoes.js';
import { HintBox, type HintMessage } from './hint-box.js';
import type { Outbox } from './outbox.js';
import { refusalBody } from './refused.js';
import type { Scopes } from './scopes.js';
import type { VisiblePart } from './visibility.js';

export interface SessionParts {
  readonly desk: ApiDesk;
  readonly outbox: Outbox;
  readonly echoes: Echoes;
  readonly scopes: Scopes;
  readonly allowance: Allowance;
  /** The other names of a message. */
  readonly aliasesOf: (event: string) => readonly string[];
}

type Reply = (error: JsonObject | null, body?: unknown, meta?: unknown) => void;

/** What a message of a client leads to. */
interface Outcome {
  readonly body: unknown;
  readonly meta?: { readonly headers: Readonly<Record<string, unknown>> };
  /** What comes once it has been said. */
  readonly afterwards?: () => void;
}

/** One visitor in one namespace: takes what they send, and tells them what changes. */
export class Session implements Audience {
  private readonly hints = new HintBox();
  private readonly endRoom: () => void;
  /** Before what they missed has been told, nothing that came later is. */
  private isHeld = false;

  constructor(
    readonly socket: Socket,
    private readonly visitor: Visitor,
    private readonly parts: SessionParts,
  ) {
    this.endRoom = parts.outbox.whenRoom(() => {
      this.tell();
      parts.scopes.resume();
    });
    socket.onAny((event: string, ...args: unknown[]) => void this.take(event, args));
  }

  get userId(): string | undefined {
    return this.visitor.userId;
  }

  get view(): string {
    return this.visitor.view;
  }

  get credential(): RequestHeaders {
    return this.visitor.credential;
  }

  get ticket(): Ticket | undefined {
    return this.visitor.ticket;
  }

  /** Tells what was missed before anything else. @param find answers what there is to tell, settled in the box */
  async catchUp(find: (hints: HintBox) => Promise<readonly HintMessage[]>): Promise<void> {
    this.isHeld = true;
    const messages = await find(this.hints);
    for (const { event, changes } of messages) this.emit(event, { recovered: true, changes: [...changes] });
    this.isHeld = false;
    this.tell();
  }

  hear(place: ResourcePlace, part: VisiblePart): void {
    if (!this.hints.add(place, part)) this.parts.outbox.giveUp();
  }

  tell(): void {
    if (this.isHeld || this.hints.isEmpty || !this.parts.outbox.hasRoom) return;
    for (const { event, changes } of this.hints.take((position) => this.parts.echoes.find(position))) {
      this.emit(event, { changes: [...changes] });
    }
  }

  checkpoint(): void {
    this.parts.scopes.checkpoint();
  }

  /** What showed who they are counts no more: nothing is told from now on, and they are not to come back with it. */
  expel(): void {
    this.parts.scopes.end();
    const body: JsonObject = { ...new ApiError('MISSING_AUTH_TOKEN').body, errno: 105 };
    this.socket.emit('sessionEnded', body);
    this.socket.disconnect();
  }

  /** The socket is gone. */
  end(): void {
    this.endRoom();
    this.parts.scopes.end();
  }

  private emit(event: string, message: JsonObject): void {
    this.socket.emit(event, message);
    for (const alias of this.visitor.wantsAliases ? this.parts.aliasesOf(event) : []) this.socket.emit(alias, message);
  }

  /** Without a callback it is carried out all the same, and only a failure is told. */
  private async take(event: string, args: unknown[]): Promise<void> {
    const last = args.at(-1);
    const reply = typeof last === 'function' ? (last as Reply) : undefined;
    const given = args[0] === last && reply !== undefined ? undefined : args[0];
    try {
      const { body, meta, afterwards } = await this.carryOutWithin(event, given);
      reply?.(null, body, meta);
      afterwards?.();
    } catch (error) {
      const body = refusalBody(error);
      if (reply !== undefined) reply(body);
      else this.socket.emit('commandError', { id: isRecord(given) ? (given.id ?? event) : event, error: body });
    }
  }

  private async carryOutWithin(event: string, given: unknown): Promise<Outcome> {
    this.parts.allowance.begin();
    try {
      const outcome = await this.carryOut(event, given);
      const written = outcome.meta?.headers[CHANGE_POSITION];
      if (typeof written === 'string') this.parts.echoes.note(written, this.socket.id);
      return outcome;
    } finally {
      this.parts.allowance.end();
    }
  }

  private carryOut(event: string, given: unknown): Promise<Outcome> | Outcome {
    const { desk, scopes } = this.parts;
    switch (event) {
      case 'command':
        return desk.command(given, this.visitor);
      case 'request':
        return desk.request(given, this.visitor);
      case 'subscribe':
        return scopes.subscribe(given);
      case 'unsubscribe':
        return { body: scopes.unsubscribe(given) };
      case 'getSubscriptions':
        return { body: scopes.list() };
      default:
        // The id itself as the name, as in later versions of the seed.
        return desk.command({ id: event, params: given ?? {} }, this.visitor);
    }
  }
}
