import type { AuthPolicy, AuthPolicyFactory, KnownUser, RequestHeaders } from '../../auth/auth-policy.js';
import { parseBasicCredentials } from '../../auth/basic/basic-credentials.js';
import type { Storage } from '../../storage/storage.js';
import { ACCOUNT_PREFIX, accountList } from './account.definition.js';
import { credentialsOf, type Credentials } from './credentials.js';

/** Basic authentication against the accounts. Kinto's prefix is always the same, whatever the policy is called. */
export class AccountsPolicy implements AuthPolicy {
  readonly prefix = ACCOUNT_PREFIX;
  readonly challenge = 'Basic realm="Realm"';

  constructor(
    private readonly storage: Storage,
    private readonly credentials: Credentials,
  ) {}

  /** @throws ApiError BACKEND when too many passwords wait to be hashed */
  async authenticate({ authorization }: RequestHeaders): Promise<KnownUser | undefined> {
    const given = parseBasicCredentials(authorization);
    if (given === undefined) return undefined;
    const { username, password } = given;
    const { passwords, logins } = this.credentials;
    const isRight = await logins.isRight(username, password, async () => {
      return passwords.isRight(password, await this.findHash(username));
    });
    return isRight ? { id: username } : undefined;
  }

  private async findHash(username: string): Promise<string | undefined> {
    const account = await this.storage.read((view) => view.findObject(accountList(username), username));
    const hash = account?.value.password;
    return typeof hash === 'string' ? hash : undefined;
  }
}

export const accountsPolicy: AuthPolicyFactory = (_name, { source, storage, cache }) =>
  new AccountsPolicy(storage, credentialsOf(cache, source));
