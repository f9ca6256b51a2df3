import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { serveAppStreams } from './app.app-streams.js';
import { AppLifecycle } from './app.lifecycle.js';
import { AppLogger } from './app.logger.js';
import { AppModule } from './app.module.js';
import { QuietConnections } from './app.quiet-connections.js';
import { DEFAULT_HOST, DEFAULT_PORT, ServerSettings } from './app.settings.js';
import { serveSocketIo } from './app.socketio.js';
import { serveUserStreams } from './app.user-streams.js';
import type { ServingProcesses } from './plugins/prometheus/serving-processes.js';
import { ChannelsWsAdapter } from './realtime/channels-ws.adapter.js';
import { RealtimeSettings } from './realtime/realtime.settings.js';
import { Api } from './resources/api.js';
import { VERSION_PREFIX } from './resources/api-path.js';
import { send, toApiRequest } from './resources/http.controller.js';
import { ApiSettings, ProjectSettings } from './resources/http.settings.js';
import { RawAnswers, type UnreadableRequest } from './resources/raw-answers.js';
import { readSettings, type SettingSource } from './settings/settings.js';
import { STORAGE, type Storage } from './storage/storage.js';
import { ApiError } from './wire/api-error.js';

export interface RunningServer {
  /** The port it listens on, the chosen one where 0 was asked for. */
  readonly port: number;
  /** Where it can be reached from this machine, e.g. `http://127.0.0.1:8888`. */
  readonly url: string;
  /** What it keeps everything in, for programs that run it inside their own process. */
  readonly storage: Storage;
  /**
   * Starts, stops and re-filters listeners as these settings say; nothing else changes.
   *
   * @throws SettingsError when a listener cannot be made; then those that there are go on
   */
  reload(source: SettingSource): Promise<void>;
  /** Answers what has arrived, lets sockets go, closes the database. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Before the settings' own. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Where several serve the port together. */
  readonly processes?: ServingProcesses | undefined;
}

/**
 * Starts everything the settings ask for; resolves when it listens.
 *
 * @throws SettingsError, or Error when the database or the port cannot be had
 */
export async function startServer(source: SettingSource, options: ServerOptions = {}): Promise<RunningServer> {
  try {
    return await start(source, options);
  } catch (error) {
    throw source.placed(error);
  }
}

async function start(source: SettingSource, options: ServerOptions): Promise<RunningServer> {
  const settings = readSettings(ServerSettings, source);
  const { maxBodyBytes } = readSettings(ApiSettings, source);
  const app = await NestFactory.create<NestFastifyApplication>(
    await AppModule.with(source, options.processes),
    makeAdapter(maxBodyBytes, {
      badUrl: (request, reply) => refuseUrl(app, request, reply),
      unreadable: (error, socket) => void rawAnswersOf(app).refuseUnreadable(error, socket),
    }),
    {
      bodyParser: false,
      abortOnError: false,
      logger: new AppLogger(settings),
    },
  );
  try {
    takeRawBodies(app);
    serveApi(app);
    refuseWhileClosing(app);
    const sockets = new ChannelsWsAdapter(app, app.get(RealtimeSettings));
    app.useWebSocketAdapter(sockets);
    serveSocketIo(app, sockets.upgrades);
    serveAppStreams(app, sockets.upgrades);
    serveUserStreams(app, sockets.upgrades);
    const host = options.host ?? settings.host ?? source.server.host ?? DEFAULT_HOST;
    await app.listen(options.port ?? settings.port ?? source.server.port ?? DEFAULT_PORT, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const address = app.getHttpServer().address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    url: await app.getUrl(),
    storage: app.get<Storage>(STORAGE),
    reload: (changed) => app.get(AppLifecycle).reload(changed),
    close: () => app.close(),
  };
}

/** The answers to what Fastify would refuse by itself, in a form of its own. */
interface Refusals {
  readonly badUrl: (request: FastifyRequest, reply: FastifyReply) => void;
  readonly unreadable: (error: UnreadableRequest, socket: Socket) => void;
}

function makeAdapter(bodyLimit: number, { badUrl, unreadable }: Refusals): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit,
    exposeHeadRoutes: false,
    // Ids have no maximum length (kinto-api.md, 2.1); Node limits the request line as a whole.
    routerOptions: { maxParamLength: 65_536, ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => badUrl(request, reply),
    clientErrorHandler: unreadable,
    return503OnClosing: false,
  });
}

function rawAnswersOf(app: NestFastifyApplication): RawAnswers {
  return new RawAnswers(app.get(Api), app.get(ProjectSettings));
}

/** From the moment the server ends: nothing is asked of any request before that. */
function refuseWhileClosing(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const connections = new QuietConnections(fastify.server);
  fastify.addHook('preClose', (done) => {
    const answers = rawAnswersOf(app);
    fastify.server.removeAllListeners('request');
    fastify.server.on('request', (request, response) => {
      connections.heard(request);
      answers.refuseWhileClosing(request, response);
    });
    connections.end();
    done();
  });
}

/** A path that the router cannot decode never reaches the API; its answer is Kinto's all the same. */
function refuseUrl(app: NestFastifyApplication, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = new ApiError('INVALID_URL', { message: 'Invalid URL path.' });
  send(reply, app.get(Api).refuse(toApiRequest(request, app.get(ProjectSettings)), refusal));
}

/** What begins with the API's prefix goes straight there: Nest's way to a controller is a twentieth of a create. */
function serveApi(app: NestFastifyApplication): void {
  const api = app.get(Api);
  const project = app.get(ProjectSettings);
  app
    .getHttpAdapter()
    .getInstance()
    .all(`${VERSION_PREFIX}/*`, async (request, reply) => {
      send(reply, await api.handle(toApiRequest(request, project)));
    });
}

/** Bodies stay bytes: signatures are made over them, and only the endpoint knows when they may be looked at. */
function takeRawBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}
