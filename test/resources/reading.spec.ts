import { make, makeCollection } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

let server: TestServer;
let records: string;
beforeAll(async () => {
  server = await startTestServer();
  records = `${await makeCollection(server)}/records`;
  for (const n of [1, 2, 3]) await make(server, `${records}/r${n}`, { data: { n, deep: { x: n, y: n } } });
});
afterAll(() => server.close());

describe('GET of an object', () => {
  it('shows it with its permissions, and lets no cache keep it', async () => {
    const answer = await scenario(server, ['GET', `${records}/r1`], {
      status: 200,
      headers: { 'cache-control': 'no-cache, no-store', 'content-type': 'application/json' },
    });
    expect(answer.json).toEqual({
      permissions: { write: [USER_IDS.mat] },
      data: { n: 1, deep: { x: 1, y: 1 }, id: 'r1', last_modified: answer.etag },
    });
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
  });

  it('shows the fields that are asked for, without permissions', async () => {
    const answer = await server.request('GET', `${records}/r1?_fields=deep.x,none`);
    expect(answer.json).toEqual({ data: { deep: { x: 1 }, id: 'r1', last_modified: answer.etag } });
  });

  it.each(['', ','])('shows all of it when it is asked for the fields "%s"', async (fields) => {
    const whole = await server.request('GET', `${records}/r1`);
    expect((await server.request('GET', `${records}/r1?_fields=${fields}`)).text).toBe(whole.text);
  });

  it('does not mind parameters that belong to lists', async () => {
    await scenario(server, ['GET', `${records}/r1?_limit=abc&n=5&_since=x`], { status: 200 });
  });

  it.each(['none', '%20'])('does not find "%s" and says what is missing, without a message', async (id) => {
    if (id === '%20') {
      await scenario(server, ['GET', `${records}/${id}`], { status: 400, errno: 107 });
      return;
    }
    const { json } = await scenario(server, ['GET', `${records}/${id}`], { status: 404 });
    expect(json).toEqual({ code: 404, errno: 110, error: 'Not Found', details: { id, resource_name: 'record' } });
  });

  it('has a HEAD that says the same without a body', async () => {
    const got = await server.request('GET', `${records}/r1`);
    const answer = await scenario(server, ['HEAD', `${records}/r1`], {
      status: 200,
      headers: { etag: `"${got.etag}"` },
    });
    expect(answer.text).toBe('');
  });
});

describe('GET of a list', () => {
  it('shows objects alone, under the timestamp of the list', async () => {
    const answer = await scenario(server, ['GET', records], {
      status: 200,
      headers: { 'cache-control': 'no-cache, no-store', 'total-objects': null, 'next-page': null },
    });
    expect(Object.keys(answer.json)).toEqual(['data']);
    expect(answer.etag).toBe(Math.max(...answer.list.map(({ last_modified }) => Number(last_modified))));
    expect(answer.list.map(({ id }) => id)).toEqual(['r3', 'r2', 'r1']);
  });

  it('leads from page to page, to the last and no further', async () => {
    const seen: unknown[] = [];
    let path: string | undefined = `${records}?_limit=1&_sort=n`;
    while (path !== undefined) {
      const page = await server.request('GET', path);
      expect(page.status).toBe(200);
      seen.push(...page.list.map(({ n }) => n));
      const next: string | null = page.headers.get('next-page');
      expect(next === null || next.startsWith(server.url)).toBe(true);
      path = next?.slice(server.url.length);
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  it('is counted by HEAD, whatever the page', async () => {
    await scenario(server, ['HEAD', `${records}?min_n=2&_limit=1`], {
      status: 200,
      headers: { 'total-objects': '2', 'total-records': '2' },
    });
  });

  it('warns of a parameter that is going away', async () => {
    const answer = await server.request('GET', `${records}?_to=5`);
    expect(JSON.parse(answer.headers.get('alert') ?? '')).toMatchObject({ code: 'soft-eol' });
  });

  it.each(['_limit=abc', '_since=abc', '_since=-1', '_token=zzz', 'n%00=1', 'id=1', 'like_n=1'])(
    'refuses what it cannot understand: %s',
    async (query) => {
      await scenario(server, ['GET', `${records}?${query}`], { status: 400, errno: 107 });
    },
  );
});
