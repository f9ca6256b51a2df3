import { startTestServer, type Answer, type Ask, type TestServer } from './server.js';

export const ACCOUNTS = '/v1/accounts';

/** Anybody may sign up; `admin` may change everybody, and read everybody. */
export const OPEN_ACCOUNTS = `
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.includes = kinto.plugins.accounts
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:admin
kinto.account_read_principals = account:admin
`;

/** A server with accounts, and users whose password is `pw` unless they have another. */
export class AccountsServer {
  private constructor(readonly server: TestServer) {}

  static async start(ini = OPEN_ACCOUNTS): Promise<AccountsServer> {
    return new AccountsServer(await startTestServer({ ini }));
  }

  /** @throws Error when one of them is there already */
  async signUp(...users: string[]): Promise<void> {
    for (const user of users) {
      const body = { data: { password: 'pw' } };
      const answer = await this.request('PUT', `${ACCOUNTS}/${user}`, { auth: null, body });
      if (answer.status !== 201) throw new Error(answer.text);
    }
  }

  request(method: string, path: string, ask: Ask): Promise<Answer> {
    return this.server.request(method, path, ask);
  }

  /** The user id that hello says these credentials have. */
  async whoIs(user: string, password = 'pw'): Promise<unknown> {
    const { json } = await this.request('GET', '/v1/', by(user, password));
    return (json.user as { id: string } | undefined)?.id;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** Somebody with a password, or nobody. */
export function by(user: string | null, password = 'pw'): Ask {
  if (user === null) return { auth: null };
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  return { auth: null, headers: { authorization: `Basic ${credentials}` } };
}

/** @param type the subtype of `application/` */
export function patch(user: string, type: string, body: unknown): Ask {
  const ask = by(user);
  return { ...ask, raw: JSON.stringify(body), headers: { ...ask.headers, 'content-type': `application/${type}` } };
}
