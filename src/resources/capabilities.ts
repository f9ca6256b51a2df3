import type { Identity } from '../auth/authenticator.js';
import type { JsonObject } from '../wire/json.js';
import { Registry } from '../wire/registry.js';
import type { ApiRequest } from './api-message.js';

/** What hello says of an optional part of this server, so that clients can find out what there is. */
export interface Capability extends JsonObject {
  description: string;
  url: string;
}

export class Capabilities extends Registry<Capability> {
  constructor() {
    super('capability');
  }
}

/** What else hello tells a caller about themselves. */
export type UserDetails = (identity: Identity, request: ApiRequest) => JsonObject;

export class UserDetailsRegistry extends Registry<UserDetails> {
  constructor() {
    super('detail of the user');
  }
}

/** A part that can say whether it works; `null` counts as well. Must not throw. */
export type HealthCheck = () => Promise<boolean | null>;

export class HealthChecks extends Registry<HealthCheck> {
  constructor() {
    super('health check');
  }
}
