import { randomBytes } from 'node:crypto';
import type { Cache } from '../../cache/cache.js';
import type { OpenIdProvider } from './provider.js';

/** Logins under way: the random word that goes to the provider and back, and where its user wants to end up. */
export class LoginStates {
  constructor(private readonly cache: Cache) {}

  /** @returns the state */
  async open({ name, settings }: OpenIdProvider, callback: string): Promise<string> {
    const state = randomBytes(settings.stateLength).toString('hex');
    await this.cache.set(keyOf(state), JSON.stringify([name, callback]), settings.stateTtl * 1000);
    return state;
  }

  /** The callback of a login that began with this very provider. A state is good once, whatever comes of it. */
  async take({ name }: OpenIdProvider, state: string): Promise<string | undefined> {
    const text = await this.cache.take(keyOf(state));
    if (text === undefined) return undefined;
    const [provider, callback] = JSON.parse(text) as [string, string];
    return provider === name ? callback : undefined;
  }
}

function keyOf(state: string): string {
  return `openid:state:${state}`;
}
