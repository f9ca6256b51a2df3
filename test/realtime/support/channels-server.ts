import type { AddressInfo } from 'node:net';
import { ArgumentsHost, Catch, Module, type ExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ChannelApp, ChannelApps } from '../../../src/realtime/channel-app.js';
import { ChannelEvents, type ChannelEvent } from '../../../src/realtime/channel-events.js';
import { ChannelsWsAdapter } from '../../../src/realtime/channels-ws.adapter.js';
import { Connections } from '../../../src/realtime/connections.js';
import { Hub } from '../../../src/realtime/hub.js';
import { Neighbours } from '../../../src/realtime/nodes/neighbours.js';
import { Admission, type AdmissionRule } from '../../../src/realtime/pusher/admission.js';
import { RealtimeModule } from '../../../src/realtime/realtime.module.js';
import type { RealtimeSettings } from '../../../src/realtime/realtime.settings.js';
import { settingsWith } from './settings.js';

export const APP = { id: '3', key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' };
export const OTHER_APP = { id: '4', key: 'other-key', secret: 'other-secret' };
/** Its channels tell how many subscribers they have, and its clients may not talk to each other. */
export const COUNTING_APP = {
  id: '5',
  key: 'counting-key',
  secret: 'counting-secret',
  options: { subscriptionCount: true, clientEvents: false },
};

export interface ChannelsServer {
  readonly port: number;
  readonly http: string;
  readonly ws: string;
  readonly hub: Hub;
  readonly apps: ChannelApps;
  readonly adapter: ChannelsWsAdapter;
  readonly connections: Connections;
  readonly neighbours: Neighbours;
  readonly events: ChannelEvents;
  /** What was told of the channels of `APP`, and of `COUNTING_APP`, in order. */
  readonly told: ChannelEvent[];
  close(): Promise<void>;
}

@Module({})
class Root {}

/** Gives every error of the application a form of its own, as the real one does: not to be seen in these tests. */
@Catch()
class ForeignForm implements ExceptionFilter {
  catch(_: unknown, host: ArgumentsHost): void {
    void host.switchToHttp().getResponse<FastifyReply>().status(418).send({ form: 'foreign' });
  }
}

/** The real thing: Nest on Fastify, on a free port or the given one, bodies passed through as buffers. */
export async function startServer(
  changes: Partial<RealtimeSettings> = {},
  atPort = 0,
  rules: readonly AdmissionRule[] = [],
): Promise<ChannelsServer> {
  const settings = settingsWith(changes);
  const root = { module: Root, imports: [RealtimeModule.with(settings)] };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
    bodyParser: false,
    logger: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.useGlobalFilters(new ForeignForm());
  const adapter = new ChannelsWsAdapter(app, settings);
  app.useWebSocketAdapter(adapter);
  const apps = app.get(ChannelApps);
  for (const one of [APP, OTHER_APP, COUNTING_APP]) apps.add(new ChannelApp(one));
  for (const rule of rules) app.get(Admission).add(rule);
  const told: ChannelEvent[] = [];
  app.get(ChannelEvents).watch((appId, event) => {
    if (appId !== OTHER_APP.id) told.push(event);
  });
  await app.listen(atPort, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    port,
    http: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}`,
    hub: app.get(Hub),
    apps,
    adapter,
    connections: app.get(Connections),
    neighbours: app.get(Neighbours),
    events: app.get(ChannelEvents),
    told,
    close: () => app.close(),
  };
}
