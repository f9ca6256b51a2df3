import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { OpenSockets } from '../../src/outgoing/open-sockets.js';
import { eventually } from '../realtime/support/eventually.js';

describe('The connections of the outgoing client', () => {
  const arrived: Socket[] = [];
  let isCutting = true;
  let server: Server;
  let sockets: OpenSockets;
  let agent: Agent;
  beforeEach(async () => {
    server = createServer((socket) => {
      arrived.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => isCutting && socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    sockets = new OpenSockets();
    agent = new Agent({ connections: 2, connect: sockets.of(buildConnector({})) });
  });
  afterEach(async () => {
    await agent.destroy();
    for (const socket of arrived.splice(0)) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const ask = (): Promise<unknown> =>
    request(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { dispatcher: agent }).catch(
      (error: unknown) => error,
    );

  it('are forgotten when they end, however many a failing server has cost', async () => {
    isCutting = true;
    for (let times = 0; times < 30; times++) expect(await ask()).toBeInstanceOf(Error);
    expect(arrived).toHaveLength(30);
    await eventually(() => sockets.size === 0, 'none is remembered');
  });

  it('are all ended at once, and what is under way fails', async () => {
    isCutting = false;
    const asked = [ask(), ask()];
    await eventually(() => sockets.size === 2, 'both are there');
    sockets.destroyAll();
    for (const answer of await Promise.all(asked)) expect(answer).toBeInstanceOf(Error);
    await eventually(() => sockets.size === 0, 'none is remembered');
  });
});
