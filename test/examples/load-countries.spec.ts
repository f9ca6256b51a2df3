import PusherJs from 'pusher-js';
import WorldCountries from 'world-countries';
import { Program, startServerProcess, type ServerProcess } from './kumocast-process.js';

const USER = 'token:alice-token';

interface Hello {
  readonly capabilities: { readonly pusher: { readonly key: string } };
  readonly user: { readonly bucket: string };
}

interface Change {
  readonly new: { readonly id: string; readonly last_modified: number };
  readonly old?: unknown;
}

// In Node both modules are what their types describe as a default export of it.
const ClientClass = PusherJs as unknown as typeof PusherJs.default;
const countries = WorldCountries as unknown as typeof WorldCountries.default;

let server: ServerProcess;
beforeEach(async () => {
  server = await startServerProcess();
});
afterEach(() => server.stop());

/** Hears the creations in Alice's collection; resolves when it is subscribed. */
async function subscribe(collection: string) {
  const headers = { authorization: `Basic ${Buffer.from(USER).toString('base64')}` };
  const hello = (await (await fetch(`${server.url}/v1/`, { headers })).json()) as Hello;
  const pusher = new ClientClass(hello.capabilities.pusher.key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: Number(new URL(server.url).port),
    forceTLS: false,
    enabledTransports: ['ws', 'wss'],
  });
  const channel = pusher.subscribe(`${hello.user.bucket}-${collection}-record`);
  const heard: Change[] = [];
  const heardAll = new Promise<void>((resolve) => {
    channel.bind('create', (changes: Change[]) => {
      heard.push(...changes);
      if (heard.length >= countries.length) resolve();
    });
  });
  await new Promise((resolve) => channel.bind('pusher:subscription_succeeded', resolve));
  return { pusher, channel, heard, heardAll };
}

function load(...args: string[]): Program {
  return Program.node(['examples/load-countries/load.mjs', '--user', USER, ...args]);
}

describe('examples/load-countries', () => {
  it('loads every country, and each is announced exactly once, in the order of their timestamps', async () => {
    const { pusher, heard, heardAll } = await subscribe('world');
    try {
      const loading = load('--server', server.url, '--collection', 'world');
      expect(await loading.ended()).toBe(0);
      expect(loading.text).toContain('250 records read back from world');

      await heardAll;
      expect(heard.map((change) => change.new.id).sort()).toEqual(countries.map(({ cca3 }) => cca3).sort());
      const timestamps = heard.map((change) => change.new.last_modified);
      expect(timestamps).toEqual([...new Set(timestamps)].sort((a, b) => a - b));
      expect(heard.filter(({ old }) => old !== undefined)).toEqual([]);
    } finally {
      pusher.disconnect();
    }
  });

  it('replaces the records when it is run again', async () => {
    expect(await load('--server', server.url).ended()).toBe(0);
    const again = load('--server', server.url);
    expect(await again.ended()).toBe(0);
    expect(again.text).toContain('250 records read back from countries');
  });

  it('says in one line that a server cannot be reached', async () => {
    const { url } = server;
    await server.stop();
    const loading = load('--server', url);
    expect(await loading.ended()).toBe(1);
    expect(loading.text).toMatch(/^load: http:\S+ cannot be reached \(ECONNREFUSED\)\n$/);
  });
});
