import { Registry } from '../wire/registry.js';

/** The headers of a request, names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** One way of knowing who is calling. Policies are asked in the order of `multiauth.policies`; the first answer counts. */
export interface AuthPolicy {
  /** What the user ids of this policy begin with, before the colon. */
  readonly prefix: string;
  /** The value of `WWW-Authenticate` on a 401. */
  readonly challenge: string;
  /** The user's id without the prefix; `undefined` when these credentials are not its own, or wrong. */
  authenticate(headers: RequestHeaders): Promise<string | undefined>;
}

/** Makes a policy that is listed in `multiauth.policies` under `name`. */
export type AuthPolicyFactory = (name: string) => AuthPolicy;

/** The implementations there are, by the word for `multiauth.policy.<name>.use`. */
export class AuthPolicyKinds extends Registry<AuthPolicyFactory> {
  constructor() {
    super('authentication policy');
  }
}
