import { startTestServer, USER_IDS, type TestServer, type User } from '../support/server.js';
import type { JsonObject } from '../../src/wire/json.js';
import { LiveReader } from './support/live-reader.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

let server: TestServer;
let readers: LiveReader[] = [];

beforeEach(async () => {
  server = await startTestServer();
  await server.request('PUT', '/v1/buckets/b');
  for (const id of ['c', 'd']) {
    await server.request('PUT', `/v1/buckets/b/collections/${id}`, {
      body: { permissions: { read: [USER_IDS.bob] } },
    });
  }
});

afterEach(async () => {
  for (const reader of readers) reader.drop();
  readers = [];
  await server.close();
});

async function ticketOf(auth: User, data: JsonObject): Promise<string> {
  const answer = await server.request('POST', '/v1/realtime/tickets', { auth, body: { data } });
  expect(answer.status).toBe(201);
  return answer.data.ticket as string;
}

/** As a browser's EventSource: without a header of its own. */
async function follow(path: string): Promise<LiveReader> {
  const reader = await LiveReader.open(server, path, { auth: null });
  readers.push(reader);
  return reader;
}

describe('A ticket in the URL of a live list', () => {
  it('stands for its holder, as often as one for streams is used, and for one list only', async () => {
    const ticket = await ticketOf('bob', { use: 'stream' });
    expect((await follow(LIST)).status).toBe(401);
    for (let count = 0; count < 2; count++) {
      const reader = await follow(`${LIST}?_ticket=${ticket}`);
      expect((await reader.next()).event).toBe('open');
    }
    expect((await follow(`/v1/buckets/b/collections/d/records?_ticket=${ticket}`)).status).toBe(403);
    await server.request('PATCH', COLLECTION, { body: { permissions: { read: [] } } });
    expect((await readers[1]!.next()).event).toBe('revoked');
    expect((await follow(`${LIST}?_ticket=${ticket}`)).status).toBe(403);
  });

  it('is good for one stream, if it is for one use', async () => {
    const ticket = await ticketOf('bob', { use: 'once' });
    expect((await follow(`${LIST}?_position=nonsense&_ticket=${ticket}`)).status).toBe(400);
    expect((await (await follow(`${LIST}?_ticket=${ticket}`)).next()).event).toBe('open');
    expect((await follow(`${LIST}?_ticket=${ticket}`)).status).toBe(401);
  });

  it('is good for what it was asked for', async () => {
    const ticket = await ticketOf('bob', { use: 'stream', scope: ['/buckets/b/collections/d/*'] });
    expect((await follow(`${LIST}?_ticket=${ticket}`)).status).toBe(403);
    expect((await follow(`/v1/buckets/b/collections/d/records?_ticket=${ticket}`)).status).toBe(200);
  });

  it('means nothing where the answer does not go on', async () => {
    const ticket = await ticketOf('bob', { use: 'stream' });
    expect((await server.request('GET', `${LIST}?_ticket=${ticket}`, { auth: null })).status).toBe(401);
  });

  it('counts for less than a header', async () => {
    const ticket = await ticketOf('bob', { use: 'once' });
    const path = `${LIST}?_live=longpoll&_wait=0&_ticket=${ticket}`;
    expect((await server.request('GET', path, { auth: 'alice' })).status).toBe(403);
    expect((await server.request('GET', path, { auth: null })).status).toBe(200);
  });
});

describe('A list', () => {
  it('says that its answer depends on what is accepted, and hello that it can be followed', async () => {
    expect((await server.request('GET', LIST)).headers.get('vary')).toBe('Accept');
    const { json } = await server.request('GET', '/v1/');
    expect((json.capabilities as JsonObject).live).toMatchObject({ transports: ['sse', 'longpoll'] });
  });
});
