import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APP, startServer, type ChannelsServer } from '../realtime/support/channels-server.js';
import { RawClient, type ConnectedClient } from '../realtime/support/raw-client.js';
import { pusherServer } from '../realtime/support/pusher-clients.js';
import { hasPython, Python } from './python.js';

/* PyPI's pusher as it is published, in a program of its own: pusher_scenario.py says what it does. */

const SCENARIO = fileURLToPath(new URL('pusher_scenario.py', import.meta.url));

/** Python makes an environment, and pip fills it. */
const INSTALL_MS = 180_000;

/** An environment that is given may have been made before this package was asked for. */
function hasPackage(): boolean {
  const given = process.env.KINTO_HTTP_VENV;
  if (given === undefined) return hasPython();
  try {
    execFileSync(join(given, 'bin', 'python'), ['-c', 'import pusher'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

(hasPackage() ? describe : describe.skip)('The pusher package for Python [needs python3 with pusher]', () => {
  let server: ChannelsServer;
  let python: Python;
  beforeAll(async () => {
    server = await startServer();
    python = await Python.withPusher();
  }, INSTALL_MS);
  afterAll(async () => {
    python.close();
    await server.close();
  });

  async function run(part: string, argument = '', secret = APP.secret): Promise<string[]> {
    const printed = await python.run(SCENARIO, String(server.port), APP.id, APP.key, secret, part, argument);
    const lines = printed.trim().split('\n');
    expect(lines.at(-1)).toBe(`${part}: done`);
    return lines;
  }

  async function signIn(client: ConnectedClient, id: string): Promise<void> {
    client.say({ event: 'pusher:signin', data: pusherServer(server).authenticateUser(client.socketId, { id }) });
    expect(await client.next()).toContain('pusher:signin_success');
  }

  it('triggers, in batches and encrypted too, and leaves out the socket it names', async () => {
    const [one, two] = [await RawClient.connect(server, 'news'), await RawClient.connect(server, 'news')];
    const { auth } = pusherServer(server).authorizeChannel(one.socketId, 'private-encrypted-z');
    one.say({ event: 'pusher:subscribe', data: { channel: 'private-encrypted-z', auth } });
    await one.next();
    await run('trigger', two.socketId);
    const heard = (client: ConnectedClient) =>
      client.settle().then((frames) =>
        frames.map((text) => {
          const { event, data } = JSON.parse(text) as { event: string; data: string };
          return [event, event === 'secret' ? Object.keys(JSON.parse(data) as object).sort() : data];
        }),
      );
    const posted = ['posted', '{"words": "wörld"}'];
    expect(await heard(two)).toEqual([posted, ['batched', '{"n": 1}']]);
    const all = [posted, ['posted', 'as it is'], ['batched', '{"n": 1}'], ['secret', ['ciphertext', 'nonce']]];
    expect(await heard(one)).toEqual(all);
    await Promise.all([one.close(), two.close()]);
  }, 60_000);

  it('lists channels and users, and signs for clients', async () => {
    const client = await RawClient.connect(server);
    const [signed = ''] = await run('sign', client.socketId);
    const { presence, private: own } = JSON.parse(signed) as Record<string, object>;
    for (const [channel, data] of [
      ['presence-room', presence],
      ['private-x', own],
    ] as const) {
      client.say({ event: 'pusher:subscribe', data: { channel, ...data } });
      expect(await client.next()).toContain('subscription_succeeded');
    }
    await run('ask');
    await client.close();
  }, 60_000);

  it('terminates the connections of a user, and of nobody else', async () => {
    const clients = [await RawClient.connect(server), await RawClient.connect(server)] as const;
    await signIn(clients[0], 'u1');
    await signIn(clients[1], 'u2');
    await run('terminate', 'u1');
    expect((await clients[0].closed).code).toBe(4009);
    expect(await clients[1].settle()).toEqual([]);
    await clients[1].close();
  }, 60_000);

  it('gets its errors in its own kinds', async () => {
    await run('errors');
    await run('wrong-secret', '', 'wrong');
  }, 60_000);
});
