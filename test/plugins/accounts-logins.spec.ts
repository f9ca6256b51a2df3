import { createHmac } from 'node:crypto';
import { startServer } from '../../src/app.server.js';
import { MemoryCache } from '../../src/cache/memory-cache.js';
import { Passwords } from '../../src/plugins/accounts/passwords.js';
import { VerifiedLogins } from '../../src/plugins/accounts/verified-logins.js';
import { SettingsError, SettingSource } from '../../src/settings/settings.js';
import { ACCOUNTS, AccountsServer, by, OPEN_ACCOUNTS } from '../support/accounts-server.js';

const TTL = 30_000;

/** The last thing a check has been asked is answered when the test says so. */
class Checks {
  count = 0;
  private answer: (isRight: boolean) => void = () => undefined;

  readonly ask = (): Promise<boolean> => {
    this.count += 1;
    return new Promise((resolve) => (this.answer = resolve));
  };

  reply(isRight: boolean): void {
    this.answer(isRight);
  }
}

/** Lets everything happen that waits for nothing but its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('Verified logins', () => {
  let now = 1_000_000;
  let cache: MemoryCache;
  let logins: VerifiedLogins;
  beforeEach(() => {
    cache = new MemoryCache(100_000, () => now);
    logins = new VerifiedLogins(cache, 's', TTL);
  });

  const yes = async () => true;
  const no = async () => false;
  const never = () => Promise.reject(new Error('It was checked again'));

  it('remember in Kinto’s form what was right', async () => {
    await logins.isRight('älice', 'pä☃ word', yes);
    // Made with Kinto's own functions.
    const key = '31349fafd635390a72f31ac5f1cd8524575b3f434ef024c29be623b0d9bcaf78';
    expect(await cache.get(key)).toBe('6572869376a94266c7dfdc779d10840526dd4f32dbd50577dfe2e209ccf64b02');
    expect(createHmac('sha256', 's').update('accounts:älice:verified').digest('hex')).toBe(key);
  });

  it('check credentials once, until they have not been used for the time to live', async () => {
    expect(await logins.isRight('alice', 'pw', yes)).toBe(true);
    for (let used = 0; used < 3; used++) {
      now += TTL - 1;
      expect(await logins.isRight('alice', 'pw', never)).toBe(true);
    }
    now += TTL;
    expect(await logins.isRight('alice', 'pw', no)).toBe(false);
  });

  it('check every other password, and remember the last that was wrong', async () => {
    await logins.isRight('alice', 'pw', yes);
    const checks = new Checks();
    const wrong = logins.isRight('alice', 'guess', checks.ask);
    await turn();
    checks.reply(false);
    expect(await wrong).toBe(false);
    expect(await logins.isRight('alice', 'guess', never)).toBe(false);
    expect(await logins.isRight('alice', 'pw', never)).toBe(true);
    expect(await logins.isRight('bob', 'pw', no)).toBe(false);
    expect(checks.count).toBe(1);
  });

  it('check once for all who ask the same thing at the same time', async () => {
    const checks = new Checks();
    const answers = Array.from({ length: 50 }, () => logins.isRight('alice', 'pw', checks.ask));
    await turn();
    checks.reply(true);
    expect(new Set(await Promise.all(answers))).toEqual(new Set([true]));
    expect(checks.count).toBe(1);
  });

  it('do not remember a failure to check', async () => {
    await expect(logins.isRight('alice', 'pw', () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
    expect(await logins.isRight('alice', 'pw', yes)).toBe(true);
  });

  it('forget both answers when the account changes', async () => {
    await logins.isRight('alice', 'pw', yes);
    await logins.isRight('alice', 'new', no);
    logins.forget('alice');
    expect(await logins.isRight('alice', 'pw', no)).toBe(false);
    expect(await logins.isRight('alice', 'new', yes)).toBe(true);
  });

  it('neither remember nor share what was asked before a change and answered after it', async () => {
    const before = new Checks();
    const old = logins.isRight('alice', 'pw', before.ask);
    await turn();
    logins.forget('alice');
    const after = new Checks();
    const recent = logins.isRight('alice', 'pw', after.ask);
    await turn();
    expect(after.count).toBe(1);
    before.reply(true);
    after.reply(false);
    expect(await Promise.all([old, recent])).toEqual([true, false]);
    expect(await logins.isRight('alice', 'pw', never)).toBe(false);
  });
});

describe('Passwords', () => {
  const passwords = new Passwords(100);

  it('are hashed as Kinto does, and are right for the hashes that Kinto has made', async () => {
    const hash = await passwords.hash('pä☃ word');
    expect(hash).toMatch(/^\$2b\$12\$[./A-Za-z0-9]{53}$/);
    expect(await passwords.isRight('pä☃ word', hash)).toBe(true);
    const kintos = '$2b$12$V7/heaVBy5qlF5Tz40wEgO/v2ZDLGrJwlMfAM9O9iPlbp9pom7kBu';
    expect(await passwords.isRight('pä☃ word', kintos)).toBe(true);
    expect(await passwords.isRight('pä☃ wort', kintos)).toBe(false);
  });

  it('count up to their 72nd byte, and U+0000 is one of them', async () => {
    const long = '$2b$04$Mv4aoRIYnd6O2va4DAtXWegZPb1u0v9gnAolJNYvL95ZVC8b/NvSO';
    expect(await passwords.isRight('x'.repeat(72), long)).toBe(true);
    expect(await passwords.isRight('x'.repeat(80), long)).toBe(true);
    expect(await passwords.isRight('x'.repeat(71), long)).toBe(false);
    const nul = '$2b$04$PcT6n34YKTGcWLDxFKV4XOhTCX9JNQhOJ49pSlD5b1p56u7FCeSJu';
    expect(await passwords.isRight('a\0b', nul)).toBe(true);
    expect(await passwords.isRight('a\0c', nul)).toBe(false);
    expect(await passwords.isRight('a', nul)).toBe(false);
  });

  it.each([undefined, 'clear text', ''])('are never right for %j', async (hash) => {
    expect(await passwords.isRight(hash ?? 'pw', hash)).toBe(false);
  });

  it('of nobody take as long as those of somebody', async () => {
    const started = performance.now();
    await passwords.isRight('pw', undefined);
    // Without a hash it would be a fraction of a millisecond.
    expect(performance.now() - started).toBeGreaterThan(30);
  });

  it('wait for their turn, up to a limit', async () => {
    const narrow = new Passwords(2);
    const hash = '$2b$04$PcT6n34YKTGcWLDxFKV4XOhTCX9JNQhOJ49pSlD5b1p56u7FCeSJu';
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => narrow.isRight('a\0b', hash)));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(20 - 3 - 2);
    expect(refused.length).toBeLessThan(20);
    expect(refused[0]).toMatchObject({ reason: { error: 'BACKEND', status: 503 } });
    expect(await narrow.isRight('a\0b', hash)).toBe(true);
  });
});

describe('Logging in', () => {
  let accounts: AccountsServer;
  afterEach(() => accounts.close());

  it('goes on to the next policy with credentials of no account', async () => {
    accounts = await AccountsServer.start(OPEN_ACCOUNTS.replace('policies = account', 'policies = account basicauth'));
    await accounts.signUp('alice');
    expect(await accounts.whoIs('alice')).toBe('account:alice');
    expect(await accounts.whoIs('alice', 'other')).toMatch(/^basicauth:[0-9a-f]{64}$/);
    const answer = await accounts.request('PUT', '/v1/buckets/b', { ...by('nobody'), body: {} });
    expect(answer.status).toBe(201);
  });

  it('has Kinto’s prefix whatever the policy is called', async () => {
    accounts = await AccountsServer.start(OPEN_ACCOUNTS.replace(/account(?=\n|\.use)/g, 'people'));
    await accounts.signUp('alice');
    expect(await accounts.whoIs('alice')).toBe('account:alice');
  });

  it('of many at once with one password takes one hash', async () => {
    accounts = await AccountsServer.start(`${OPEN_ACCOUNTS}kinto.account_max_waiting_hashes = 1`);
    await accounts.signUp('alice');
    const users = await Promise.all(Array.from({ length: 30 }, () => accounts.whoIs('alice')));
    expect(new Set(users)).toEqual(new Set(['account:alice']));
  });

  it('is refused for a while when too many passwords wait, not queued without end', async () => {
    accounts = await AccountsServer.start(`${OPEN_ACCOUNTS}kinto.account_max_waiting_hashes = 1`);
    await accounts.signUp('alice');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => accounts.request('GET', `${ACCOUNTS}/alice`, by('alice', `guess ${n}`))),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([401, 503]));
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused?.text).not.toContain('guess');
  });

  it('on a server where nobody can sign up costs strangers no hash', async () => {
    accounts = await AccountsServer.start(
      OPEN_ACCOUNTS.replace('create_principals = system.Everyone', 'create_principals = account:admin'),
    );
    const started = performance.now();
    const statuses: number[] = [];
    for (let n = 0; n < 20; n++) {
      const body = { data: { password: 'pw' } };
      statuses.push((await accounts.request('PUT', `${ACCOUNTS}/mallory${n}`, { auth: null, body })).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401]));
    const hash = performance.now();
    await new Passwords(1).hash('pw');
    expect(hash - started).toBeLessThan(20 * (performance.now() - hash));
  });
});

describe('A server with accounts does not start', () => {
  const start = (ini: string) =>
    startServer(SettingSource.fromText(`[app:main]\nkinto.storage_backend = memory\nkinto.log_level = fatal\n${ini}`), {
      port: 0,
    });

  it.each([
    ['without a policy', 'kinto.includes = kinto.plugins.accounts', 'needs a policy that asks for them'],
    [
      'when basic authentication comes first',
      OPEN_ACCOUNTS.replace('policies = account', 'policies = basicauth account'),
      'basicauth must come after account',
    ],
    [
      'with people who could create accounts for themselves alone',
      OPEN_ACCOUNTS.replace('create_principals = system.Everyone', 'create_principals = system.Everyone account:bob'),
      'account:bob must be in account_write_principals too',
    ],
  ])('%s', async (_, ini, message) => {
    const starting = start(ini);
    await expect(starting).rejects.toThrow(SettingsError);
    await expect(starting).rejects.toThrow(message);
  });

  it('but does with a policy that nobody is asked by, and with no such people', async () => {
    const ini = OPEN_ACCOUNTS.replace('policies = account', 'policies = basicauth');
    await (await start(ini)).close();
    await (await start(OPEN_ACCOUNTS)).close();
  });
});
