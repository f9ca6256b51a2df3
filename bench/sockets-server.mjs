// What `sockets.mjs` measures, in a process of its own: the socket mouth as it is built, or a bare `ws` that sends the
// same texts to the same number of sockets in a loop.
//
//   node --expose-gc bench/sockets-server.mjs <directory of the build> hub|bare
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers';
import { pathToFileURL } from 'node:url';
import { join, resolve } from 'node:path';

const [directory, kind] = process.argv.slice(2);
const CHANNEL = 'bench';

/** The same clock in every process of the machine, in ms. */
function clock() {
  return Number(process.hrtime.bigint()) / 1e6;
}

const built = (file) => import(pathToFileURL(join(resolve(directory), file)).href);

async function openHub() {
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const { RealtimeModule } = await built('realtime/realtime.module.js');
  const { RealtimeSettings } = await built('realtime/realtime.settings.js');
  const { ChannelsWsAdapter } = await built('realtime/channels-ws.adapter.js');
  const { ChannelApp, ChannelApps } = await built('realtime/channel-app.js');
  const { Hub } = await built('realtime/hub.js');
  const { readSettings, SettingSource } = await built('settings/settings.js');
  class Root {}
  Module({})(Root);
  const settings = readSettings(RealtimeSettings, SettingSource.fromText('[app:main]'));
  const root = { module: Root, imports: [RealtimeModule.with(settings)] };
  const app = await NestFactory.create(root, new FastifyAdapter(), { logger: false });
  app.useWebSocketAdapter(new ChannelsWsAdapter(app, settings));
  app.get(ChannelApps).add(new ChannelApp({ id: '1', key: 'key', secret: 'secret' }));
  await app.listen(0, '127.0.0.1');
  const hub = app.get(Hub);
  const publish = (data) => hub.publish('1', { channel: CHANNEL, event: 'update', data });
  return { port: app.getHttpServer().address().port, publish };
}

async function openBare() {
  const { WebSocketServer } = await import('ws');
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  // The clients wait for as many frames as the other server greets them with.
  sockets.on('connection', (socket) => {
    socket.on('message', () => socket.send('subscribed'));
    socket.send('hello');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const publish = (data) => {
    const text = JSON.stringify({ event: 'update', channel: CHANNEL, data });
    for (const socket of sockets.clients) socket.send(text);
  };
  return { port: server.address().port, publish };
}

const { port, publish } = await (kind === 'hub' ? openHub() : openBare());

/** As large as the announcement of a small record. */
const DATA = JSON.stringify({ action: 'create', bucket: 'default', id: 'x'.repeat(36), note: 'x'.repeat(100) });

const commands = {
  port: async () => port,

  /** Bytes, after everything that can be let go was let go. */
  async memory() {
    for (let round = 0; round < 4; round += 1) {
      globalThis.gc();
      await new Promise((done) => setTimeout(done, 100));
    }
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heap: heapUsed };
  },

  /** The processor time used since the start, in ms. */
  async busy() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },

  /** Publishes as fast as it goes, so many a turn of the event loop; answers when it began. */
  async burst({ messages, perTurn }) {
    const start = clock();
    for (let sent = 0; sent < messages; sent += 1) {
      if (sent > 0 && sent % perTurn === 0) await new Promise((done) => setImmediate(done));
      publish(DATA);
    }
    return start;
  },

  /** Publishes at a steady pace; answers when each message was due, and the processor time used, in ms. */
  async pace({ messages, perSecond }) {
    const sent = [];
    const before = await commands.busy();
    const start = clock();
    while (sent.length < messages) {
      while (sent.length < messages && clock() >= start + (sent.length * 1000) / perSecond) {
        // When it was due: what is late because the loop was busy writing must not look as if it had come late.
        sent.push(start + (sent.length * 1000) / perSecond);
        publish(DATA);
      }
      await new Promise((done) => setTimeout(done, 1));
    }
    return { sent, busy: (await commands.busy()) - before, took: clock() - start };
  },
};

process.on('message', async ({ id, command, ...options }) => {
  process.send({ id, answer: await commands[command](options) });
});
process.once('disconnect', () => process.exit(0));
