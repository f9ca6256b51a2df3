import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import type { Cache } from '../cache/cache.js';
import { ApiError } from '../wire/api-error.js';
import { globPattern } from '../wire/glob.js';
import type { RequestHeaders } from './auth-policy.js';

/**
 * `once`: for one successful use within a minute, because URLs land in logs. `stream`: as often as one likes, for as long
 * as it is used every ten minutes (seed-systems.md, 1.4).
 */
export const TICKET_USES = ['once', 'stream'] as const;

export type TicketUse = (typeof TICKET_USES)[number];

/** In ms. */
const LIFE: Readonly<Record<TicketUse, number>> = { once: 60_000, stream: 600_000 };

export interface Ticket {
  readonly name: string;
  readonly use: TicketUse;
  /** Globs of the URIs that it is good for; empty: all. */
  readonly scope: readonly string[];
  /** What its holder has shown: with it, it stops counting. */
  readonly credential: RequestHeaders;
  /** Of one for streams: the URI that it was first used for, and is good for since. */
  readonly boundTo?: string;
}

/** A ticket that was just given out. */
export interface IssuedTicket {
  readonly name: string;
  /** In ms since the epoch. */
  readonly expiresAt: number;
}

/** What of the headers shows who is calling: all of it, and nothing else is kept. */
export function credentialIn({ authorization }: RequestHeaders): RequestHeaders {
  return authorization === undefined ? {} : { authorization };
}

/** Whether the ticket is good for all of these. */
export function isInScope({ scope }: Ticket, uris: readonly string[]): boolean {
  if (scope.length === 0) return true;
  const patterns = scope.map(globPattern);
  return uris.every((uri) => patterns.some((pattern) => pattern.test(uri)));
}

/** Whether it may lead to a stream of that URI. */
export function isGoodFor(ticket: Ticket, uri: string): boolean {
  return isInScope(ticket, [uri]) && (ticket.boundTo ?? uri) === uri;
}

/** How often, and after how many ms again, it is looked what somebody else has bound a ticket to. */
const BINDING = { looks: 5, pause: 20 };

/**
 * Stand for a credential where no header can be sent. They are in the cache, and good on every server that shares it.
 * What is kept is sealed with the ticket itself: whoever reads the cache learns neither tickets nor passwords.
 */
export class Tickets {
  /** @param secret the same on all servers that share the cache */
  constructor(
    private readonly cache: Cache,
    private readonly secret: string,
  ) {}

  /** @throws ApiError BACKEND while the cache keeps nothing */
  async issue(use: TicketUse, scope: readonly string[], credential: RequestHeaders): Promise<IssuedTicket> {
    const name = `tk_${randomBytes(24).toString('base64url')}`;
    const expiresAt = Date.now() + LIFE[use];
    await this.keep({ name, use, scope, credential });
    if (use === 'stream') await this.cache.set(freeKey(name), '', LIFE[use]);
    if ((await this.find(name)) === undefined) throw new ApiError('BACKEND', { cause: new Error('the cache is away') });
    return { name, expiresAt };
  }

  async find(name: string): Promise<Ticket | undefined> {
    if (!/^tk_[\w-]{32}$/.test(name)) return undefined;
    const sealed = await this.cache.get(keyOf(name));
    return sealed === undefined ? undefined : this.open(name, sealed);
  }

  /**
   * It has let its holder in to a stream of that URI. One for streams is good for no other from then on: an address
   * that leaked opens one list and not all. Answers false when somebody else was faster.
   */
  async spendOn(ticket: Ticket, uri: string): Promise<boolean> {
    if (!isGoodFor(ticket, uri)) return false;
    if (ticket.use === 'once' || ticket.boundTo !== undefined) return this.spend(ticket);
    for (let look = 0; look < BINDING.looks; look += 1) {
      if (await this.takeFree(ticket.name)) {
        await this.keep({ ...ticket, boundTo: uri });
        return true;
      }
      // Somebody else has had the first use, or has it at this moment.
      const known = await this.find(ticket.name);
      if (known === undefined) return false;
      if (known.boundTo !== undefined) return known.boundTo === uri;
      await new Promise((resolve) => setTimeout(resolve, BINDING.pause));
    }
    return false;
  }

  /** It has led to what its holder wanted. Answers false when somebody else was faster. */
  async spend({ name, use }: Ticket): Promise<boolean> {
    if (use === 'once') return (await this.cache.take(keyOf(name))) !== undefined;
    const known = await this.find(name);
    if (known === undefined) return false;
    if (known.boundTo !== undefined) await this.keep(known);
    else if (await this.takeFree(name)) {
      await this.keep(known);
      await this.cache.set(freeKey(name), '', LIFE[use]);
    }
    // Else somebody is at it, and lengthens its life.
    return true;
  }

  /** Whoever has taken it may change the ticket, and is alone in that. */
  private async takeFree(name: string): Promise<boolean> {
    return (await this.cache.take(freeKey(name))) !== undefined;
  }

  private async keep(ticket: Ticket): Promise<void> {
    await this.cache.set(keyOf(ticket.name), this.seal(ticket), LIFE[ticket.use]);
  }

  private seal({ name, ...kept }: Ticket): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.sealOf(name), iv);
    const text = Buffer.concat([cipher.update(JSON.stringify(kept), 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
  }

  /** `undefined` for what this secret has not sealed. */
  private open(name: string, sealed: string): Ticket | undefined {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.sealOf(name), bytes.subarray(0, 12), { authTagLength: 16 });
      decipher.setAuthTag(bytes.subarray(12, 28));
      const text = decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
      return { ...(JSON.parse(text) as Omit<Ticket, 'name'>), name };
    } catch {
      return undefined;
    }
  }

  private sealOf(name: string): Buffer {
    return createHmac('sha256', this.secret).update(`ticket ${name}`).digest();
  }
}

/** The name itself is the secret. */
function keyOf(name: string): string {
  return `ticket:${createHash('sha256').update(name).digest('base64url')}`;
}

/** There while a ticket for streams is bound to none. */
function freeKey(name: string): string {
  return `${keyOf(name)}:free`;
}
