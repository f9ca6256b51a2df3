import { randomBytes } from 'node:crypto';
import type { RequestHeaders } from '../../auth/auth-policy.js';

/** In ms: so long it is good for after its last use, or after the last subscription that it led to has ended. */
const LIFE = 600_000;

interface Address {
  readonly name: string;
  readonly credential: RequestHeaders;
  expiresAt: number;
}

/**
 * The last part of an address of /pusher/auth that stands for a login. An old page names its auth endpoint by one text,
 * to which pusher-js appends a `?` and all the rest (pusher-protocol.md, 4.4), and what a browser sends by itself must
 * not count: so who may ask is in the path. It is good for signatures of channels and for nothing else, one for each
 * login, and kept by this process alone.
 */
export class AuthAddresses {
  private readonly byName = new Map<string, Address>();
  private readonly byCredential = new Map<string, Address>();

  constructor(private readonly most: number) {}

  /** @returns its name; `undefined`: there is no login that could stop counting */
  nameFor({ authorization }: RequestHeaders): string | undefined {
    if (authorization === undefined) return undefined;
    const known = this.byCredential.get(authorization);
    if (known !== undefined && this.prolong(known)) return known.name;
    const name = `at_${randomBytes(24).toString('base64url')}`;
    const address = { name, credential: { authorization }, expiresAt: Date.now() + LIFE };
    this.byName.set(name, address);
    this.byCredential.set(authorization, address);
    this.makeRoom();
    return name;
  }

  /** What was shown for it. */
  find(name: string): RequestHeaders | undefined {
    const address = this.byName.get(name);
    return address !== undefined && this.prolong(address) ? address.credential : undefined;
  }

  /** Somebody is subscribed with it: they may have to come back. */
  keep({ authorization }: RequestHeaders): void {
    const address = authorization === undefined ? undefined : this.byCredential.get(authorization);
    if (address !== undefined) this.prolong(address);
  }

  /** Those that are used last live longest. @returns false when it was too late */
  private prolong(address: Address): boolean {
    const now = Date.now();
    this.forget(address);
    if (address.expiresAt <= now) return false;
    address.expiresAt = now + LIFE;
    this.byName.set(address.name, address);
    this.byCredential.set(address.credential.authorization!, address);
    return true;
  }

  private makeRoom(): void {
    for (const address of this.byName.values()) {
      if (address.expiresAt > Date.now() && this.byName.size <= this.most) break;
      this.forget(address);
    }
  }

  private forget(address: Address): void {
    this.byName.delete(address.name);
    this.byCredential.delete(address.credential.authorization!);
  }
}
