import { ACCOUNTS, AccountsServer, by, patch } from '../support/accounts-server.js';
import { scenario } from '../support/scenario.js';
import type { Ask } from '../support/server.js';

let accounts: AccountsServer;
beforeEach(async () => (accounts = await AccountsServer.start()));
afterEach(() => accounts.close());

const HASH = /\$2[aby]\$\d\d\$/;

describe('The password of an account', () => {
  it.each([
    ['a plain patch', patch('alice', 'json', { data: { password: 'new', n: 1 } })],
    ['a merge patch', patch('alice', 'merge-patch+json', { data: { password: 'new', n: 1 } })],
    [
      'a JSON Patch that replaces it',
      patch('alice', 'json-patch+json', [
        { op: 'replace', path: '/data/password', value: 'new' },
        { op: 'add', path: '/data/n', value: 1 },
      ]),
    ],
    [
      'a JSON Patch that adds it',
      patch('alice', 'json-patch+json', [
        { op: 'add', path: '/data/password', value: 'newer' },
        { op: 'add', path: '/data/password', value: 'new' },
        { op: 'add', path: '/data/n', value: 1 },
      ]),
    ],
    [
      'a JSON Patch of everything',
      patch('alice', 'json-patch+json', [{ op: 'replace', path: '/data', value: { password: 'new', n: 1 } }]),
    ],
  ])('gets a new password by %s', async (_, ask) => {
    await accounts.signUp('alice');
    expect(await accounts.whoIs('alice')).toBe('account:alice');
    const answer = await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/alice`, ask], {
      status: 200,
      body: { data: { id: 'alice', n: 1 } },
      changes: ['update alice/accounts alice'],
    });
    expect(answer.data.password).toBeUndefined();
    expect(await accounts.whoIs('alice')).toBeUndefined();
    expect(await accounts.whoIs('alice', 'new')).toBe('account:alice');
  });

  it('keeps its password when something else is patched', async () => {
    await accounts.signUp('alice');
    for (const ask of [
      patch('alice', 'json', { data: { n: 1 } }),
      patch('alice', 'merge-patch+json', { data: { n: 2 } }),
      patch('alice', 'json-patch+json', [{ op: 'add', path: '/data/n', value: 3 }]),
      patch('alice', 'json', { permissions: { read: ['account:bob'] } }),
    ]) {
      await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/alice`, ask], {
        status: 200,
        changes: ['update alice/accounts alice'],
      });
    }
    expect(await accounts.whoIs('alice')).toBe('account:alice');
  });

  it.each([
    ['nothing', patch('alice', 'json', { data: { password: '' } })],
    ['null', patch('alice', 'json', { data: { password: null } })],
    ['null, merged', patch('alice', 'merge-patch+json', { data: { password: null } })],
    ['a number', patch('alice', 'json-patch+json', [{ op: 'add', path: '/data/password', value: 3 }])],
    ['what is too long', patch('alice', 'json', { data: { password: 'x'.repeat(73) } })],
    [
      'a text from elsewhere',
      patch('alice', 'json-patch+json', [
        { op: 'add', path: '/data/n', value: 'clear' },
        { op: 'move', from: '/data/n', path: '/data/password' },
      ]),
    ],
  ])('never has %s for a password', async (_, ask) => {
    await accounts.signUp('alice');
    await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/alice`, ask], { status: 400, errno: 107, changes: [] });
    expect(await accounts.whoIs('alice')).toBe('account:alice');
  });

  it.each([[undefined], [{}], [{ data: { n: 1 } }], [{ permissions: { read: ['account:bob'] } }]])(
    'needs its password when it is replaced: %j',
    async (body) => {
      await accounts.signUp('alice');
      const ask = body === undefined ? by('alice') : { ...by('alice'), body };
      await scenario(accounts.server, ['PUT', `${ACCOUNTS}/alice`, ask], { status: 400, errno: 107, changes: [] });
      expect(await accounts.whoIs('alice')).toBe('account:alice');
    },
  );
});

describe('The hash of a password', () => {
  it('is told to nobody: not in an answer, not by comparing and sorting, not in the log', async () => {
    await accounts.signUp('admin', 'alice');
    const requests: [string, string, Ask][] = [
      ['GET', `${ACCOUNTS}/alice`, by('alice')],
      ['GET', `${ACCOUNTS}/alice?_fields=password`, by('alice')],
      ['GET', ACCOUNTS, by('admin')],
      ['GET', `${ACCOUNTS}?_fields=password,id`, by('admin')],
      ['PUT', `${ACCOUNTS}/alice`, { ...by('alice'), body: { data: { password: 'pw', n: 1 } } }],
      ['PUT', `${ACCOUNTS}/alice`, { ...by('admin'), body: { data: { password: 'pw', n: 2 } } }],
      ['POST', ACCOUNTS, { ...by('admin'), body: { data: { id: 'alice', password: 'x' } } }],
      ['PATCH', `${ACCOUNTS}/alice`, patch('alice', 'json', { data: { n: 3 } })],
      ...['light', 'diff'].map((behavior): [string, string, Ask] => {
        const ask = patch('alice', 'json', { data: { password: 'pw' } });
        return ['PATCH', `${ACCOUNTS}/alice`, { ...ask, headers: { ...ask.headers, 'response-behavior': behavior } }];
      }),
    ];
    for (const request of requests) {
      const answer = await accounts.request(...request);
      expect([request[0], request[1], answer.status]).toEqual([request[0], request[1], 200]);
      expect(answer.text).not.toMatch(HASH);
    }
    const stale = patch('alice', 'json', { data: { n: 4 } });
    const refused = await accounts.request('PATCH', `${ACCOUNTS}/alice`, {
      ...stale,
      headers: { ...stale.headers, 'if-match': '"1"' },
    });
    expect(refused.json).toMatchObject({ code: 412, details: { existing: { id: 'alice', n: 3 } } });
    expect(refused.text).not.toMatch(HASH);
    await accounts.request('DELETE', `${ACCOUNTS}/alice`, by('alice'));

    const logged = await accounts.server.newLogged();
    expect(logged.length).toBeGreaterThan(6);
    for (const { newText, oldText } of logged) expect(newText + (oldText ?? '')).not.toMatch(HASH);
  });

  it.each(['password=x', 'min_password=x', 'has_password=true', 'like_password=*', '_sort=-password'])(
    'cannot be asked for: ?%s',
    async (query) => {
      await accounts.signUp('alice');
      await scenario(accounts.server, ['GET', `${ACCOUNTS}?${query}`, by('alice')], { status: 400, errno: 107 });
      await scenario(accounts.server, ['HEAD', `${ACCOUNTS}?${query}`, by('alice')], { status: 400 });
    },
  );

  it('cannot be copied out of its place', async () => {
    await accounts.signUp('alice');
    for (const op of ['copy', 'move']) {
      const ask = patch('alice', 'json-patch+json', [{ op, from: '/data/password', path: '/data/n' }]);
      await scenario(accounts.server, ['PATCH', `${ACCOUNTS}/alice`, ask], { status: 400, changes: [] });
    }
  });
});
