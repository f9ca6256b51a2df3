import { ACCOUNTS, AccountsServer, by, OPEN_ACCOUNTS } from '../support/accounts-server.js';
import { scenario } from '../support/scenario.js';

let accounts: AccountsServer;
beforeEach(async () => (accounts = await AccountsServer.start()));
afterEach(() => accounts.close());

describe('An administrator', () => {
  beforeEach(() => accounts.signUp('admin', 'alice', 'bob'));

  it('sees everybody, page by page', async () => {
    const all = await scenario(accounts.server, ['GET', ACCOUNTS, by('admin')], { status: 200 });
    expect(all.ids).toEqual(['admin', 'alice', 'bob']);
    const head = await accounts.request('HEAD', ACCOUNTS, by('admin'));
    expect(head.headers.get('total-objects')).toBe('3');
    const filtered = await accounts.request('GET', `${ACCOUNTS}?id=alice`, by('admin'));
    expect(filtered.ids).toEqual(['alice']);

    // One timestamp for all: nothing but the name tells them apart.
    const names = ['t1', 't2', 't3', 't4', 't5'];
    for (const name of names) {
      const body = { data: { password: 'pw', last_modified: 1234 } };
      await accounts.request('PUT', `${ACCOUNTS}/${name}`, { auth: null, body });
    }
    const seen: string[] = [];
    let next: string | null = `${ACCOUNTS}?like_id=t&_limit=2`;
    while (next !== null) {
      const page = await accounts.request('GET', next, by('admin'));
      seen.push(...page.list.map(({ id }) => id as string));
      next = page.headers.get('next-page')?.slice(accounts.server.url.length) ?? null;
    }
    expect(seen).toEqual(names);
  });

  it('is told by the list’s timestamp that something has changed', async () => {
    const first = await accounts.request('GET', ACCOUNTS, by('admin'));
    const unchanged = { ...by('admin') };
    const headers = { ...unchanged.headers, 'if-none-match': `"${first.etag}"` };
    expect((await accounts.request('GET', ACCOUNTS, { ...unchanged, headers })).status).toBe(304);
    await accounts.request('PATCH', `${ACCOUNTS}/bob`, { ...by('bob'), body: { data: { n: 1 } } });
    expect((await accounts.request('GET', ACCOUNTS, { ...unchanged, headers })).status).toBe(200);
    const since = await accounts.request('GET', `${ACCOUNTS}?_since=${first.etag}`, by('admin'));
    expect(since.ids).toEqual(['bob']);
  });

  it('makes and changes accounts that are then their users’ own', async () => {
    for (const [method, path, data] of [
      ['PUT', `${ACCOUNTS}/carol`, { password: 'pw' }],
      ['POST', ACCOUNTS, { id: 'dave', password: 'pw' }],
    ] as const) {
      await scenario(accounts.server, [method, path, { ...by('admin'), body: { data } }], {
        status: 201,
        changes: [`create ${method === 'PUT' ? 'carol/accounts carol' : 'dave/accounts dave'}`],
      });
    }
    const { json } = await accounts.request('GET', `${ACCOUNTS}/carol`, by('carol'));
    expect(json.permissions).toEqual({ write: ['account:carol'] });
    expect(await accounts.whoIs('alice')).toBe('account:alice');
    const change = { ...by('admin'), body: { data: { password: 'new' } } };
    await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/alice`, change], {
      status: 200,
      body: { permissions: { write: ['account:alice'] } },
      changes: ['update alice/accounts alice'],
    });
    expect(await accounts.whoIs('alice')).toBeUndefined();
    expect(await accounts.whoIs('alice', 'new')).toBe('account:alice');
  });

  it.each(['GET', 'PATCH', 'DELETE'])('learns that there is no such account: %s', async (method) => {
    const ask = method === 'PATCH' ? { ...by('admin'), body: { data: { n: 1 } } } : by('admin');
    await scenario(accounts.server, [method, `${ACCOUNTS}/nobody`, ask], { status: 404, errno: 110 });
  });

  it('deletes accounts, one or all', async () => {
    await scenario(accounts.server, ['DELETE', `${ACCOUNTS}/bob`, by('admin')], {
      status: 200,
      changes: ['delete bob/accounts bob'],
    });
    expect(await accounts.whoIs('bob')).toBeUndefined();
    const answer = await accounts.request('DELETE', ACCOUNTS, by('admin'));
    expect(answer.ids).toEqual(['admin', 'alice']);
    expect(await Promise.all([accounts.whoIs('admin'), accounts.whoIs('alice')])).toEqual([undefined, undefined]);
  });
});

describe('An administrator who may write but not read everybody', () => {
  it('sees what is shared with them', async () => {
    const strict = await AccountsServer.start(OPEN_ACCOUNTS.replace(/^kinto.account_read_principals.*$/m, ''));
    await strict.signUp('admin', 'alice');
    const { ids } = await strict.request('GET', ACCOUNTS, by('admin'));
    expect(ids).toEqual(['admin']);
    await scenario(strict.server, ['GET', `${ACCOUNTS}/alice`, by('admin')], { status: 200 });
    await strict.close();
  });
});
