import { startTestServer, USER_IDS, type Answer, type TestServer } from '../support/server.js';
import type { JsonObject } from '../../src/wire/json.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', COLLECTION, { body: { permissions: { read: [USER_IDS.bob] } } });
}

afterEach(() => server.close());

function poll(parameters: string, auth: 'mat' | 'bob' | 'alice' = 'mat'): Promise<Answer> {
  return server.request('GET', `${LIST}?_live=longpoll&${parameters}`, { auth });
}

const write = (id: string, data: JsonObject = {}) => server.request('PUT', `${LIST}/${id}`, { body: { data } });

async function position(): Promise<string> {
  return (await server.request('GET', LIST)).headers.get('change-position')!;
}

const idsIn = ({ list }: Answer) => list.map(({ data }) => (data as JsonObject).id);

describe('A long poll of a list', () => {
  beforeEach(() => start());

  it('answers at once with what was missed', async () => {
    const from = await position();
    await write('a');
    await write('b');
    const answer = await poll(`_position=${from}`);
    expect(idsIn(answer)).toEqual(['a', 'b']);
    expect(answer.json).toMatchObject({ previous: from, position: await position(), more: false });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('waits for a change, and gives all of one request', async () => {
    const polling = poll(`_position=${await position()}&_wait=30`);
    const requests = ['a', 'b'].map((id) => ({ method: 'PUT', path: `${LIST}/${id}`, body: { data: {} } }));
    await server.request('POST', '/v1/batch', { body: { requests } });
    const answer = await polling;
    expect(idsIn(answer)).toEqual(['a', 'b']);
    expect(answer.list.map(({ last }) => last)).toEqual([false, true]);
  });

  it('answers without a change when its time is over, and with the place of what it does not tell', async () => {
    const from = await position();
    await write('shut', { status: 'shut' });
    const { json } = await poll(`_position=${from}&_wait=0.1&status=open`);
    expect(json).toEqual({ data: [], position: await position(), previous: from, more: false });
  });

  it('gives a long history in parts', async () => {
    const from = await position();
    for (let part = 0; part < 44; part++) {
      const requests = Array.from({ length: 25 }, (_, n) => {
        return { method: 'PUT', path: `${LIST}/r${part}-${n}`, body: { data: {} } };
      });
      await server.request('POST', '/v1/batch', { body: { requests } });
    }
    const first = await poll(`_position=${from}`);
    expect([first.list.length, first.json.more]).toEqual([1000, true]);
    const second = await poll(`_position=${first.json.position as string}`);
    expect([second.list.length, second.json.more]).toEqual([100, false]);
  });

  it('says that the right to read was taken away, and is refused then', async () => {
    const polling = poll(`_position=${await position()}&_wait=30`, 'bob');
    const asked = await Promise.race([polling, poll('_wait=0.2', 'bob')]);
    expect(asked.list).toEqual([]);
    await server.request('PATCH', COLLECTION, { body: { permissions: { read: [] } } });
    expect((await polling).json).toMatchObject({ data: [], event: 'revoked' });
    expect((await poll('', 'bob')).status).toBe(403);
  });

  it('says where to begin anew', async () => {
    await write('a');
    const from = await position();
    await server.request('DELETE', COLLECTION);
    await server.request('PUT', COLLECTION);
    await write('b');
    const { json } = await poll(`_position=${from}`);
    expect(json).toEqual({
      ...{ data: [], position: await position(), previous: from, more: false },
      ...{ event: 'reset', reason: 'new_history' },
    });
  });

  it.each(['_wait=56', '_wait=soon', '_snapshot=true', '_limit=5', '_position=nonsense'])(
    'refuses %s',
    async (parameter) => {
      expect((await poll(parameter)).status).toBe(400);
    },
  );

  it('is answered when the server ends', async () => {
    const polling = poll(`_position=${await position()}&_wait=30`);
    await poll('_wait=0.2');
    await server.close();
    expect((await polling).json).toMatchObject({ event: 'bye', reason: 'restart' });
    await start();
  });
});

describe('Too many long polls', () => {
  it('are answered with nothing, and why', async () => {
    await start('kinto.live.max_streams_per_user = 0');
    expect((await poll('_wait=30')).json).toMatchObject({ data: [], event: 'bye', reason: 'too_many_streams' });
  });
});
