import { fileURLToPath } from 'node:url';
import { startTestServer, type TestServer } from '../support/server.js';
import { hasPython, Python } from './python.js';

/* kinto-http.py as it is published, in a program of its own: scenario.py says what it does. */

const SCENARIO = fileURLToPath(new URL('scenario.py', import.meta.url));

/** Python makes an environment, and pip fills it. */
const INSTALL_MS = 180_000;

(hasPython() ? describe : describe.skip)('kinto-http.py [needs python3]', () => {
  let server: TestServer;
  let python: Python;

  beforeAll(async () => {
    server = await startTestServer();
    python = await Python.withKintoHttp();
  }, INSTALL_MS);
  afterAll(async () => {
    python.close();
    await server.close();
  });

  it.each(['buckets', 'records', 'patches', 'conflicts', 'permissions', 'pages', 'batch'])(
    'does its work with %s, and the server has what it says',
    async (part) => {
      expect((await python.run(SCENARIO, server.url, part)).trim()).toBe(`${part}: done`);
    },
    60_000,
  );

  it('leaves on the server what it wrote', async () => {
    await python.run(SCENARIO, server.url, 'leave');
    const records = await server.request('GET', '/v1/buckets/left/collections/tasks/records?_sort=n');
    expect(records.list).toMatchObject([
      { id: 'one', n: 1, title: 'é' },
      { id: 'two', n: 2 },
    ]);
    const group = await server.request('GET', '/v1/buckets/left/groups/readers');
    expect(group.data).toMatchObject({ members: ['basicauth:somebody'] });
  });
});
