import Pusher from 'pusher';
import PusherJs from 'pusher-js';
import { startTestServer, type TestServer } from '../support/server.js';
import { authorizedBy, happening, type Client } from './support/pusher-clients.js';

const ClientClass = PusherJs as unknown as new (...given: ConstructorParameters<typeof PusherJs.default>) => Client;

const KEYS = { appId: '77', key: 'whole-key', secret: 'whole-secret' };

const INI = `
kinto.channels.app_id = ${KEYS.appId}
kinto.channels.key = ${KEYS.key}
kinto.channels.secret = ${KEYS.secret}
kinto.channels.max_presence_members = 2
`;

describe('The whole server as a Pusher server', () => {
  let server: TestServer;
  let backend: Pusher;
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await startTestServer({ ini: INI });
    backend = new Pusher({ ...KEYS, host: '127.0.0.1', port: new URL(server.url).port, useTLS: false });
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await server.close();
  });

  const clientOf = (id: string): Client => {
    const client = new ClientClass(KEYS.key, {
      cluster: '',
      wsHost: '127.0.0.1',
      wsPort: Number(new URL(server.url).port),
      forceTLS: false,
      enabledTransports: ['ws', 'wss'],
      ...authorizedBy(backend, { id }),
    });
    clients.push(client);
    return client;
  };

  it('says that it is up', async () => {
    const response = await fetch(`${server.url}/up`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ health: 'OK' });
  });

  it('has its limits from the settings, and tells of its channels under names of any legal length', async () => {
    const room = `presence-${'r'.repeat(190)}`;
    for (const id of ['1', '2']) await happening(clientOf(id).subscribe(room), 'pusher:subscription_succeeded');
    const refused = await happening(clientOf('3').subscribe(room), 'pusher:subscription_error');
    expect(refused).toMatchObject({ type: 'LimitReached', status: 4100 });
    const response = await backend.get({ path: `/channels/${room}/users` });
    expect(await response.json()).toEqual({ users: [{ id: '1' }, { id: '2' }] });
  });
});
