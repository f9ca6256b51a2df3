import { startTestServer, type TestServer } from '../support/server.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { PostgresqlDatabases } from '../support/postgresql-databases.js';
import { until } from '../changes/until.js';

/** What is promised for the other servers, in ms; a loaded machine gets more, and the test says what it took. */
const BOUND = 5_000;

describeWithPostgresql('What one server has taken away [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let url: string;
  let servers: TestServer[] = [];
  const start = async (more = '') => {
    const server = await startTestServer({
      ini: `
kinto.storage_backend = postgresql
kinto.storage_url = ${url}
kinto.storage_pool_size = 5
kinto.includes = kinto.plugins.accounts
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.account_cache_ttl_seconds = 600
kinto.bucket_create_principals = system.Authenticated
${more}`,
    });
    servers.push(server);
    return server;
  };
  const as = (user: string, password: string) => ({
    auth: null,
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
  });
  const userOn = async (server: TestServer, user: string, password: string) => {
    const { json } = await server.request('GET', '/v1/', as(user, password));
    return (json.user as { id?: string } | undefined)?.id;
  };
  beforeAll(() => databases.start(), 60_000);
  beforeEach(async () => {
    url = await databases.next();
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    servers = [];
    databases.giveBack(url);
  });
  afterAll(() => databases.stop());

  it('as a password or an account, counts nowhere any more after a moment, whatever was remembered of it', async () => {
    const [one, two] = [await start(), await start()];
    for (const user of ['ann', 'bob']) {
      const made = await one.request('PUT', `/v1/accounts/${user}`, {
        auth: null,
        body: { data: { password: 'old' } },
      });
      expect(made.status).toBe(201);
      for (const server of [one, two]) expect(await userOn(server, user, 'old')).toBe(`account:${user}`);
    }
    // Remembered for ten minutes: without a word from the other server it would be right for as long.
    expect(await userOn(two, 'ann', 'new')).toBeUndefined();
    const changed = await one.request('PUT', '/v1/accounts/ann', {
      ...as('ann', 'old'),
      body: { data: { password: 'new' } },
    });
    expect(changed.status).toBe(200);
    const deleted = await one.request('DELETE', '/v1/accounts/bob', as('bob', 'old'));
    expect(deleted.status).toBe(200);
    const started = performance.now();
    await until(async () => (await userOn(two, 'ann', 'old')) === undefined, 'the old password is none any more');
    await until(async () => (await userOn(two, 'bob', 'old')) === undefined, 'the account is none any more');
    await until(async () => (await userOn(two, 'ann', 'new')) === 'account:ann', 'the new password is one');
    // Three questions, each with a password to hash.
    expect(performance.now() - started).toBeLessThan(4 * BOUND);
    for (const server of [one, two]) expect(await userOn(server, 'ann', 'old')).toBeUndefined();
  });

  it('as a permission or a membership, opens nothing on the others from the next request on', async () => {
    const [one, two] = [await start(), await start()];
    for (const user of ['ann', 'bob']) {
      await one.request('PUT', `/v1/accounts/${user}`, { auth: null, body: { data: { password: 'x' } } });
    }
    const [ann, bob] = [as('ann', 'x'), as('bob', 'x')];
    await one.request('PUT', '/v1/buckets/b', ann);
    await one.request('PUT', '/v1/buckets/b/groups/g', { ...ann, body: { data: { members: ['account:bob'] } } });
    await one.request('PUT', '/v1/buckets/b/collections/c', {
      ...ann,
      body: { permissions: { read: ['/buckets/b/groups/g'] } },
    });
    const read = () => two.request('GET', '/v1/buckets/b/collections/c/records', bob);
    expect((await read()).status).toBe(200);
    await one.request('PATCH', '/v1/buckets/b/groups/g', { ...ann, body: { data: { members: [] } } });
    expect((await read()).status).toBe(403);
    await one.request('PATCH', '/v1/buckets/b/groups/g', { ...ann, body: { data: { members: ['account:bob'] } } });
    expect((await read()).status).toBe(200);
    await one.request('PATCH', '/v1/buckets/b/collections/c', { ...ann, body: { permissions: { read: [] } } });
    expect((await read()).status).toBe(403);
  });

  it('as a ticket that was used once, was good on any of them that share a cache', async () => {
    const shared = `kinto.cache_backend = postgresql\nkinto.cache_url = ${url}\nkinto.userid_hmac_secret = the-same`;
    const [one, two] = [await start(shared), await start(shared)];
    await one.request('PUT', '/v1/accounts/ann', { auth: null, body: { data: { password: 'pw' } } });
    for (const path of ['/v1/buckets/b', '/v1/buckets/b/collections/c'])
      await one.request('PUT', path, as('ann', 'pw'));
    const list = '/v1/buckets/b/collections/c/records';
    const { data } = await one.request('POST', '/v1/realtime/tickets', as('ann', 'pw'));
    const path = `${list}?_live=longpoll&_wait=0&_ticket=${data.ticket as string}`;
    const statuses = [];
    for (const server of [two, one, two]) statuses.push((await server.request('GET', path, { auth: null })).status);
    expect(statuses).toEqual([200, 401, 401]);
  });

  it('ends the live list that somebody follows on another', async () => {
    const [one, two] = [await start(), await start()];
    for (const user of ['ann', 'bob']) {
      await one.request('PUT', `/v1/accounts/${user}`, { auth: null, body: { data: { password: 'x' } } });
    }
    const [ann, bob] = [as('ann', 'x'), as('bob', 'x')];
    await one.request('PUT', '/v1/buckets/b', ann);
    await one.request('PUT', '/v1/buckets/b/collections/c', {
      ...ann,
      body: { permissions: { read: ['account:bob'] } },
    });
    const response = await fetch(`${two.url}/v1/buckets/b/collections/c/records`, {
      headers: { ...bob.headers, accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    let text = '';
    const read = (async () => {
      for await (const chunk of response.body!) text += Buffer.from(chunk as Uint8Array).toString();
    })();
    await one.request('PUT', '/v1/buckets/b/collections/c/records/r1', ann);
    await until(() => text.includes('event: create'), 'it is told');
    await one.request('PATCH', '/v1/buckets/b/collections/c', { ...ann, body: { permissions: { read: [] } } });
    await until(() => text.includes('event: revoked'), 'it is over');
    await one.request('PUT', '/v1/buckets/b/collections/c/records/r2', ann);
    await read;
    expect(text).not.toContain('r2');
  });
});
