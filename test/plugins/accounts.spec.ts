import { ACCOUNTS, AccountsServer, by } from '../support/accounts-server.js';
import { scenario } from '../support/scenario.js';
import type { Ask } from '../support/server.js';

let accounts: AccountsServer;
beforeEach(async () => (accounts = await AccountsServer.start()));
afterEach(() => accounts.close());

describe('Signing up', () => {
  it.each([
    ['POST', ACCOUNTS, { id: 'alice', password: 'pw', age: 42 }],
    ['PUT', `${ACCOUNTS}/alice`, { password: 'pw', age: 42 }],
  ])('makes an account that is its own: %s %s', async (method, path, data) => {
    const answer = await scenario(accounts.server, [method, path, { auth: null, body: { data } }], {
      status: 201,
      body: { data: { id: 'alice', age: 42 }, permissions: { write: ['account:alice'] } },
      changes: ['create alice/accounts alice'],
    });
    expect(answer.data.password).toBeUndefined();
    expect(await accounts.whoIs('alice')).toBe('account:alice');
    expect(await accounts.whoIs('alice', 'other')).toBeUndefined();
    await scenario(accounts.server, ['GET', `${ACCOUNTS}/alice`, by('alice')], {
      status: 200,
      body: { data: { id: 'alice', age: 42 }, permissions: { write: ['account:alice'] } },
    });
  });

  it.each(['a@b.com', 'a+b.c-d_e', '0'])('takes %s for a name', async (name) => {
    await accounts.signUp(encodeURIComponent(name));
    expect(await accounts.whoIs(name)).toBe(`account:${name}`);
  });

  it.each([
    ['no name', { password: 'pw' }, 'data.id'],
    ['a number for a name', { id: 1, password: 'pw' }, null],
    ['a name that is none', { id: '_x', password: 'pw' }, null],
    ['a line break behind the name', { id: 'x\n', password: 'pw' }, null],
    ['no password', { id: 'alice' }, 'data.password'],
    ['an empty password', { id: 'alice', password: '' }, 'data.password'],
    ['null for a password', { id: 'alice', password: null }, 'data.password'],
    ['a number for a password', { id: 'alice', password: 12 }, 'data.password'],
    ['a password of which bcrypt would ignore the end', { id: 'alice', password: 'ä'.repeat(37) }, 'data.password'],
    ['U+0000 in the password', { id: 'alice', password: 'a\0b' }, 'data.id'],
  ])('needs a name and a password: %s', async (_, data, name) => {
    const answer = await scenario(accounts.server, ['POST', ACCOUNTS, { auth: null, body: { data } }], {
      status: 400,
      errno: 107,
      changes: [],
    });
    expect(answer.json.details).toMatchObject([{ name }]);
    expect(answer.text).not.toContain('pw');
  });

  it.each([[undefined], [{}], [[]], [{ data: null }], [{ data: 'x' }]])('needs data: %j', async (body) => {
    const ask = body === undefined ? {} : { raw: JSON.stringify(body) };
    await scenario(accounts.server, ['POST', ACCOUNTS, { auth: null, ...ask }], {
      status: 400,
      body: { message: 'data.id in body: Required' },
    });
  });

  it('takes as many bytes of password as bcrypt has room for', async () => {
    const longest = 'x'.repeat(72);
    await scenario(
      accounts.server,
      ['PUT', `${ACCOUNTS}/alice`, { auth: null, body: { data: { password: longest } } }],
      {
        status: 201,
        changes: ['create alice/accounts alice'],
      },
    );
    expect(await accounts.whoIs('alice', longest)).toBe('account:alice');
    expect(await accounts.whoIs('alice', longest.slice(1))).toBeUndefined();
  });

  it('takes nobody’s name away, and tells nothing of who has it', async () => {
    const body = { data: { password: 'mine', email: 'alice@example.com' } };
    await accounts.request('PUT', `${ACCOUNTS}/alice`, { auth: null, body });
    const again = { data: { id: 'alice', password: 'stolen' } };
    const requests: [string, string, Ask][] = [
      ['PUT', `${ACCOUNTS}/alice`, { auth: null, body: again }],
      ['POST', ACCOUNTS, { auth: null, body: again }],
      ['PUT', `${ACCOUNTS}/alice`, { auth: null, body: again, headers: { 'if-none-match': '*' } }],
    ];
    const statuses: number[] = [];
    for (const request of requests) {
      const answer = await accounts.request(...request);
      statuses.push(answer.status);
      expect(answer.text).not.toMatch(/example\.com|\$2b/);
    }
    expect(statuses).toEqual([401, 401, 412]);
    expect(await accounts.whoIs('alice', 'stolen')).toBeUndefined();
    expect(await accounts.whoIs('alice', 'mine')).toBe('account:alice');
  });

  it('works within a batch, for several at once', async () => {
    const requests = ['alice', 'bob'].map((user) => {
      return { method: 'PUT', path: `/accounts/${user}`, body: { data: { password: 'pw' } } };
    });
    const { status, json } = await accounts.request('POST', '/v1/batch', { auth: null, body: { requests } });
    expect(status).toBe(200);
    expect(json.responses).toMatchObject([{ status: 201 }, { status: 201 }]);
    expect(await Promise.all([accounts.whoIs('alice'), accounts.whoIs('bob'), accounts.whoIs('bob', 'no')])).toEqual([
      'account:alice',
      'account:bob',
      undefined,
    ]);
  });
});

describe('An account', () => {
  it.each(['GET', 'DELETE', 'HEAD'])('is in no list for nobody: %s', async (method) => {
    await accounts.signUp('alice');
    const answer = await scenario(accounts.server, [method, ACCOUNTS, by(null)], { status: 401 });
    if (method !== 'HEAD') expect(answer.json).toEqual({ code: 401, errno: 999, error: 'Cannot read accounts.' });
    // Whoever logs in has a list of their own: it is not this that they lack.
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(await accounts.whoIs('alice')).toBe('account:alice');
  });

  it('is all that its user sees', async () => {
    await accounts.signUp('alice', 'bob');
    const list = await scenario(accounts.server, ['GET', ACCOUNTS, by('alice')], { status: 200 });
    expect(list.ids).toEqual(['alice']);
    await scenario(accounts.server, ['GET', `${ACCOUNTS}/bob`, by('alice')], { status: 403 });
    await scenario(accounts.server, ['GET', `${ACCOUNTS}/nobody`, by('alice')], { status: 403 });
    await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/bob`, { ...by('alice'), body: { data: { a: 1 } } }], {
      status: 403,
    });
    await scenario(accounts.server, ['DELETE', `${ACCOUNTS}/bob`, by('alice')], { status: 403 });
  });

  it('cannot be taken over through permissions on it', async () => {
    const body = { data: { password: 'pw' }, permissions: { write: ['account:bob'] } };
    await accounts.signUp('bob');
    await accounts.request('PUT', `${ACCOUNTS}/alice`, { auth: null, body });
    const change = { ...by('bob'), body: { data: { password: 'stolen' } } };
    await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/alice`, change], { status: 403 });
    await scenario(accounts.server, ['GET', `${ACCOUNTS}/alice`, by('bob')], { status: 404 });
    expect(await accounts.whoIs('alice')).toBe('account:alice');
  });

  it.each([
    ['POST', ACCOUNTS, { id: 'bob', password: 'pw' }],
    ['PUT', `${ACCOUNTS}/bob`, { password: 'pw' }],
  ])('makes no other: %s %s', async (method, path, data) => {
    await accounts.signUp('alice');
    await scenario(accounts.server, [method, path, { ...by('alice'), body: { data } }], {
      status: 400,
      body: { message: 'data.id in body: Username and account ID do not match.' },
      changes: [],
    });
    expect(await accounts.whoIs('bob')).toBeUndefined();
  });

  it('is shown to its user who signs up once more', async () => {
    await accounts.signUp('alice');
    const body = { data: { id: 'alice', password: 'other' } };
    await scenario(accounts.server, ['POST', ACCOUNTS, { ...by('alice'), body }], { status: 200, changes: [] });
    expect(await accounts.whoIs('alice', 'other')).toBeUndefined();
    const nameless = { ...by('alice'), body: { data: { password: 'x' } } };
    await scenario(accounts.server, ['POST', ACCOUNTS, nameless], {
      status: 400,
      body: { message: 'data.id in body: Accounts must have an ID.' },
    });
  });

  it('is gone with whoever deletes it', async () => {
    await accounts.signUp('alice', 'bob');
    expect(await accounts.whoIs('alice')).toBe('account:alice');
    await scenario(accounts.server, ['DELETE', `${ACCOUNTS}/alice`, by('alice')], {
      status: 200,
      body: { data: { id: 'alice', deleted: true } },
      changes: ['delete alice/accounts alice'],
    });
    expect(await accounts.whoIs('alice')).toBeUndefined();
    await scenario(accounts.server, ['DELETE', ACCOUNTS, by('bob')], {
      status: 200,
      body: { data: [{ id: 'bob', deleted: true }] },
      changes: ['delete bob/accounts bob'],
    });
    expect(await accounts.whoIs('bob')).toBeUndefined();
  });
});

describe('The accounts capability', () => {
  it('is shown by hello in Kinto’s words', async () => {
    const { json } = await accounts.request('GET', '/v1/', by(null));
    expect(json.capabilities).toMatchObject({
      accounts: {
        description: 'Manage user accounts.',
        url: 'https://kinto.readthedocs.io/en/latest/api/1.x/accounts.html',
        validation_enabled: false,
      },
    });
  });
});
