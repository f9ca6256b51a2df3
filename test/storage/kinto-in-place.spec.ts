import { basicAuth, startTestServer, type TestServer } from '../support/server.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { PostgresqlDatabases } from '../support/postgresql-databases.js';
import { hasKinto, KINTO_SETTINGS, RealKinto } from '../support/real-kinto.js';

const MAT = basicAuth('mat');
const ALICE = basicAuth('alice', 's3cr3t');
const RECORDS = '/v1/buckets/b/collections/c/records';

interface Told {
  readonly status: number;
  readonly etag: string | null;
  readonly body: unknown;
}

async function ask(
  base: string,
  method: string,
  path: string,
  { body, auth = MAT }: { body?: unknown; auth?: string } = {},
): Promise<Told> {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: auth, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text === '' ? undefined : (JSON.parse(text) as unknown);
  return { status: response.status, etag: response.headers.get('etag'), body: json };
}

/** What both must tell alike, whoever wrote it. */
const PATHS: readonly (readonly [path: string, auth?: string])[] = [
  ['/v1/buckets'],
  ['/v1/buckets/b'],
  ['/v1/buckets/b/collections'],
  ['/v1/buckets/b/groups'],
  ['/v1/buckets/b/groups/g'],
  [RECORDS],
  [`${RECORDS}?_since=1`],
  [`${RECORDS}?_sort=-n&gt_n=1`],
  [`${RECORDS}/r1`],
  [`${RECORDS}/r2`],
  [`${RECORDS}/shared`, ALICE],
  ['/v1/buckets/b/history'],
  ['/v1/accounts/alice', ALICE],
  ['/v1/buckets/b/collections/c/records', ALICE],
];

async function everything(base: string): Promise<Record<string, Told>> {
  const told: Record<string, Told> = {};
  for (const [path, auth = MAT] of PATHS)
    told[`${path} ${auth === MAT ? 'mat' : 'alice'}`] = await ask(base, 'GET', path, { auth });
  return told;
}

/** Lists of principals have no order, and kumocast never shows a password's hash. */
function comparable(told: Record<string, Told>): unknown {
  return JSON.parse(
    JSON.stringify(told, (key, value: unknown) => {
      if (key === 'password') return undefined;
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? [...value].sort() : value;
    }),
  ) as unknown;
}

async function writeAs(base: string, name: string): Promise<void> {
  const write = async (method: string, path: string, body?: unknown) => {
    const { status } = await ask(base, method, path, { body });
    expect([method, path, status < 300]).toEqual([method, path, true]);
  };
  await write('PUT', `${RECORDS}/${name}1`, { data: { n: 1, by: name } });
  await write('PATCH', `${RECORDS}/${name}1`, { data: { n: 7, deep: { list: [1, null, 'é'] } } });
  await write('PUT', `${RECORDS}/${name}2`, { data: { n: 2 }, permissions: { read: ['account:alice'] } });
  await write('PUT', `${RECORDS}/${name}3`, { data: {} });
  await write('DELETE', `${RECORDS}/${name}3`);
  await write('PATCH', `${RECORDS}/r2`, { data: { touched: name } });
  await write('PATCH', '/v1/buckets/b/groups/g', { data: { members: ['account:alice', `account:${name}`] } });
}

const describeWithBoth = hasKinto ? describeWithPostgresql : describe.skip;

describeWithBoth('A database of a real Kinto [needs postgresql, kinto]', () => {
  const databases = new PostgresqlDatabases();
  let database: string;
  let kinto: RealKinto | undefined;
  let server: TestServer | undefined;

  const startKinto = async () => (kinto = await RealKinto.start(database)).url;
  const startOurs = async () => {
    const ini = `${KINTO_SETTINGS}\nkinto.storage_backend = kinto.core.storage.postgresql\nkinto.storage_url = ${database}`;
    server = await startTestServer({ ini });
    return server.url;
  };
  const stopKinto = async () => {
    await kinto?.stop();
    kinto = undefined;
  };
  const stopOurs = async () => {
    await server?.close();
    server = undefined;
  };

  beforeAll(async () => {
    database = await databases.next();
  }, 150_000);
  afterEach(async () => {
    await stopKinto();
    await stopOurs();
  });
  afterAll(() => databases.stop());

  it('is served in place, and the Kinto reads what was written meanwhile', async () => {
    let base = await startKinto();
    await ask(base, 'PUT', '/v1/accounts/alice', { body: { data: { password: 's3cr3t' } }, auth: '' });
    await ask(base, 'PUT', '/v1/buckets/b', { body: {} });
    await ask(base, 'PUT', '/v1/buckets/b/collections/c', { body: {} });
    await ask(base, 'PUT', '/v1/buckets/b/groups/g', { body: { data: { members: ['account:alice'] } } });
    for (const name of ['r1', 'r2', 'gone']) await ask(base, 'PUT', `${RECORDS}/${name}`, { body: { data: { n: 3 } } });
    await ask(base, 'DELETE', `${RECORDS}/gone`);
    const permissions = { read: ['account:alice'] };
    await ask(base, 'PUT', `${RECORDS}/shared`, { body: { data: { n: 4 }, permissions } });
    await writeAs(base, 'first');
    const before = await everything(base);
    expect(Object.values(before).map(({ status }) => status)).toEqual(PATHS.map(() => 200));
    await stopKinto();

    base = await startOurs();
    expect(comparable(await everything(base))).toEqual(comparable(before));
    await writeAs(base, 'ours');
    const between = await everything(base);
    await stopOurs();

    base = await startKinto();
    expect(comparable(await everything(base))).toEqual(comparable(between));
    await writeAs(base, 'second');
    const after = await everything(base);
    await stopKinto();

    base = await startOurs();
    expect(comparable(await everything(base))).toEqual(comparable(after));
    const list = await ask(base, 'GET', RECORDS);
    const added = await ask(base, 'PUT', `${RECORDS}/last`, { body: {} });
    expect(Number(added.etag?.slice(1, -1))).toBeGreaterThan(Number(list.etag?.slice(1, -1)));
  }, 120_000);
});
