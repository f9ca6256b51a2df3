import PusherJs from 'pusher-js';
import nacl from 'tweetnacl';
import { startServer, type ChannelsServer } from './support/channels-server.js';
import { forgetCloseTimers } from './support/pusher-clients.js';
import { KitServer, makeKit, type Stock, type StockClass } from './support/stock-kit.js';
import { SCENARIOS } from './support/stock-scenarios.js';

/* The acceptance checklist of pusher-protocol.md, 11, with pusher-js for Node and the server library `pusher`. */

describe('The stock clients for Node', () => {
  let server: ChannelsServer;
  let rememberCloseTimers: () => void;
  const clients: Stock[] = [];
  beforeAll(() => (rememberCloseTimers = forgetCloseTimers()));
  afterAll(() => rememberCloseTimers());
  beforeEach(async () => (server = await startServer()));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await server.close();
  });

  it.each(SCENARIOS.map((scenario) => [scenario.row, scenario.title, scenario] as const))(
    'row %i: %s',
    async (_row, _title, { run, given = [], expected }) => {
      const { settings, sign, backend, closeAs } = new KitServer(server);
      const Pusher = PusherJs as unknown as StockClass;
      const place = { Pusher, settings: settings(), sign, backend, closeAs, options: { nacl }, clients };
      expect(await run(makeKit(place), ...given)).toEqual(expected);
    },
  );
});
