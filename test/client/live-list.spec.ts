import { setTimeout } from 'node:timers/promises';
import { live, type LiveChange, type LiveList, type LiveListOptions, type LiveObject } from '../../src/client/index.js';
import { found } from '../support/found.js';
import { basicAuth, startTestServer, USER_IDS, type TestServer } from '../support/server.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const RECORDS = `${COLLECTION}/records`;

let server: TestServer;
let lists: LiveList[] = [];

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', COLLECTION);
}
afterEach(async () => {
  for (const list of lists) list.close();
  await Promise.all(lists.map(({ closed }) => closed));
  lists = [];
  await server.close();
});

const put = async (id: string, data: Record<string, string | number> = {}) => {
  const answer = await server.request('PUT', `${RECORDS}/${id}`, { body: { data } });
  expect([200, 201]).toContain(answer.status);
};
const remove = (id: string) => server.request('DELETE', `${RECORDS}/${id}`);
const stored = async (query = '') => {
  const objects: LiveObject[] = [];
  for (let path: string | undefined = RECORDS + query; path !== undefined;) {
    const { list, headers } = await server.request('GET', path);
    objects.push(...(list as unknown as LiveObject[]));
    path = headers.get('next-page')?.slice(server.url.length);
  }
  return objects;
};
const sorted = (objects: Iterable<LiveObject>) => [...objects].sort((a, b) => (a.id < b.id ? -1 : 1));

/** What an application would make of it. */
class View {
  readonly objects = new Map<string, LiveObject>();
  readonly changes: LiveChange[] = [];
  readonly states: string[] = [];
  snapshots = 0;
  readonly list: LiveList;

  constructor(options: Partial<LiveListOptions> = {}, query = '') {
    this.list = live(server.url + RECORDS + query, {
      headers: { authorization: basicAuth('mat') },
      onSnapshot: (objects) => {
        this.snapshots += 1;
        this.objects.clear();
        for (const object of objects) this.objects.set(object.id, object);
      },
      onChange: (change) => this.take(change),
      onState: (state, reason) => this.states.push(reason === undefined ? state : `${state}: ${reason}`),
      ...options,
    });
    lists.push(this.list);
  }

  take(change: LiveChange): void {
    this.changes.push(change);
    if (change.match === 'leave') this.objects.delete(change.data.id);
    else this.objects.set(change.data.id, change.data);
  }

  isLive(): Promise<true> {
    return found(async () => (this.states.at(-1)?.startsWith('live') ? true : undefined), 'it is live');
  }

  /** The same objects as the server has. */
  equals(query = ''): Promise<true> {
    return found(async () => {
      const there = JSON.stringify(sorted(await stored(query)));
      return JSON.stringify(sorted(this.objects.values())) === there ? true : undefined;
    }, 'both have the same');
  }
}

describe('A list kept in step', () => {
  it('is read page by page, then followed', async () => {
    await start('kinto.paginate_by = 2');
    for (const id of ['a', 'b', 'c', 'd', 'e']) await put(id, { n: 1 });
    const view = new View();
    await view.isLive();
    expect([...view.objects.keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await put('f', { n: 2 });
    await put('a', { n: 3 });
    await remove('b');
    await found(async () => (view.changes.length === 3 ? true : undefined), 'three changes');
    expect(view.changes.map(({ action, data }) => `${action} ${data.id}`)).toEqual([
      'create f',
      'update a',
      'delete b',
    ]);
    expect(view.objects.get('a')).toMatchObject({ id: 'a', n: 3 });
    expect(view.objects.has('b')).toBe(false);
    expect(view.snapshots).toBe(1);
  });

  it('has what fits the filters, and what leaves them is gone', async () => {
    await start();
    await put('a', { status: 'open' });
    const view = new View({}, '?status=open');
    await view.isLive();
    await put('b', { status: 'done' });
    await put('b', { status: 'open' });
    await put('a', { status: 'done' });
    await found(async () => (view.objects.has('b') && !view.objects.has('a') ? true : undefined), 'b for a');
    expect(view.changes.map(({ match }) => match)).toEqual(['enter', 'leave']);
  });

  it('goes on from a position or a timestamp that somebody has kept', async () => {
    await start();
    await put('a');
    const positions: string[] = [];
    const first = new View({ onPosition: (position) => positions.push(position) });
    await first.isLive();
    await put('b');
    await found(async () => (first.changes.length === 1 ? true : undefined), 'b');
    first.list.close();
    expect(await first.list.closed).toBe('closed');
    const since = (await server.request('GET', RECORDS)).etag;
    await put('c');
    await remove('a');
    const byPosition = new View({ position: positions.at(-1) });
    await found(async () => (byPosition.changes.length === 2 ? true : undefined), 'what was missed');
    expect(byPosition.changes.map(({ action, data }) => `${action} ${data.id}`)).toEqual(['create c', 'delete a']);
    const byTime = new View({ since });
    await found(async () => (byTime.changes.length === 2 ? true : undefined), 'what differs');
    expect(byTime.changes.map(({ data }) => data.id).sort()).toEqual(['a', 'c']);
    expect([byPosition.snapshots, byTime.snapshots]).toEqual([0, 0]);
  });

  it('is read anew when the collection was made anew', async () => {
    await start();
    await put('old');
    const view = new View();
    await view.isLive();
    const { position } = view.list;
    view.list.close();
    await server.request('DELETE', COLLECTION);
    await server.request('PUT', COLLECTION);
    await put('new');
    const again = new View({ position });
    again.objects.set('old', { id: 'old', last_modified: 1 });
    await again.equals();
    expect(again.snapshots).toBe(1);
  });

  it('tells again what could not be taken', async () => {
    await start();
    let failures = 2;
    const view: View = new View({
      onChange: (change) => {
        if (failures-- > 0) throw new Error('the disk is full');
        view.take(change);
      },
    });
    await view.isLive();
    await put('a');
    await put('b');
    await found(async () => (view.changes.length === 2 ? true : undefined), 'both');
    expect(view.changes.map(({ data }) => data.id)).toEqual(['a', 'b']);
    expect(view.states).toContain('waiting: the disk is full');
  });

  it('fetches what is too large for a frame', async () => {
    await start('kinto.live.max_frame_bytes = 1024');
    const view = new View();
    await view.isLive();
    await put('large', { text: 'x'.repeat(5000) });
    await view.equals();
    expect(view.changes[0]).toMatchObject({ too_large: true, data: { id: 'large' } });
  });

  it('ends when the right to read it, or the list itself, is gone, and says so', async () => {
    await start();
    await server.request('PATCH', COLLECTION, { body: { permissions: { read: [USER_IDS.bob] } } });
    const bob = new View({ headers: () => ({ authorization: basicAuth('bob') }) });
    const mat = new View();
    await Promise.all([bob.isLive(), mat.isLive()]);
    await server.request('PATCH', COLLECTION, { body: { permissions: { read: [] } } });
    expect(await bob.list.closed).toBe('revoked');
    await server.request('DELETE', COLLECTION);
    expect(await mat.list.closed).toBe('gone');
    expect(await new View().list.closed).toBe('HTTP 404');
    expect(await new View({ headers: { authorization: basicAuth('bob') } }).list.closed).toBe('HTTP 403');
  });

  it('ends up as the server has it, however often the connection breaks', async () => {
    await start('kinto.paginate_by = 3');
    const broken: AbortController[] = [];
    let answers = 0;
    const unreliable: typeof fetch = async (input, init) => {
      if ((answers += 1) % 5 === 0) throw new Error('no road');
      const cut = new AbortController();
      broken.push(cut);
      const signal = AbortSignal.any([cut.signal, ...(init?.signal ? [init.signal] : [])]);
      return fetch(input, { ...init, signal });
    };
    const view = new View({ fetch: unreliable });
    for (let round = 0; round < 30; round++) {
      const id = `r${(round * 7) % 11}`;
      if (round % 4 === 3) await remove(id);
      else await put(id, { round });
      if (round % 6 === 5) for (const cut of broken.splice(0)) cut.abort(new Error('cut'));
      await setTimeout(5);
    }
    await view.equals();
  });
});
