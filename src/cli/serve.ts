import { Logger } from '@nestjs/common';
import { DEFAULT_PORT } from '../app.settings.js';
import { startServer, type RunningServer } from '../app.server.js';
import { loadSettings } from './load-settings.js';
import { nodeWarning } from './node-version.js';
import type { SettingSource } from '../settings/settings.js';
import type { SettingsOptions } from './settings-options.js';
import { workerCount, workerWarnings } from './worker-count.js';
import { WorkerMetrics } from './worker-metrics.js';
import { isWorker, leaveSupervisor, onOrder, superviseWorkers } from './workers.js';

/** How long the end may take, in ms: a process that hangs longer is of no use to anybody. */
const SHUTDOWN_LIMIT = 15_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** What the command line says, which counts before the settings. */
export interface ServeOptions extends SettingsOptions {
  readonly port?: number;
  readonly host?: string;
}

/**
 * Starts the server and stops it at the first signal; resolves when it listens. A signal that comes while it still
 * starts is heeded once it listens: one that nobody handles would end the process in the middle of a migration.
 *
 * @throws SettingsError, or Error when the database or the port cannot be had
 */
export async function serve(options: ServeOptions): Promise<void> {
  const load = () => loadSettings(options, { http_port: String(options.port ?? DEFAULT_PORT) });
  const log = new Logger('start');
  const source = load();
  const count = workerCount(source);
  if (count > 1 && !isWorker()) {
    for (const warning of workerWarnings(source)) log.warn(warning);
    return superviseWorkers(count, log);
  }
  const warning = nodeWarning(source, process.versions.node);
  if (warning !== undefined) log.warn(warning);
  // Programs that run any other as workers of theirs know nothing of what ours say.
  const processes = count > 1 ? new WorkerMetrics() : undefined;
  const starting = startServer(source, { ...options, processes }).then((server) => {
    log.log(`Serving ${server.url}/v1/`);
    return server;
  });
  // Whoever awaits `serve` hears of a start that failed; here only a server that listens is of interest.
  const whenListening = (act: (server: RunningServer) => Promise<void>) => void starting.then(act, () => undefined);
  const reloadLater = () => whenListening((server) => reload(server, load, log));
  const stopLater = (why: string) => {
    giveUpLater(log);
    whenListening((server) => stop(server, why, log, processes));
  };
  process.on('SIGHUP', reloadLater);
  // The default for a second one: who is in a hurry ends it at once.
  for (const signal of STOP_SIGNALS) process.once(signal, () => stopLater(signal));
  onOrder((order) => (order === 'stop' ? stopLater('All are to stop') : reloadLater()));
  await starting.catch((error: unknown) => {
    leaveSupervisor();
    throw error;
  });
}

/** A file with a mistake in it changes nothing. */
async function reload(server: RunningServer, load: () => SettingSource, log: Logger): Promise<void> {
  try {
    await server.reload(load());
    log.log('SIGHUP: the listeners are those of the settings as they are now');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`SIGHUP: the listeners stay as they were: ${reason}`);
  }
}

/** A start or an end that hangs is cut off. */
function giveUpLater(log: Logger): void {
  const limit = setTimeout(() => {
    log.error(`Not stopped after ${SHUTDOWN_LIMIT} ms, giving up`);
    process.exit(1);
  }, SHUTDOWN_LIMIT);
  limit.unref();
}

async function stop(server: RunningServer, why: string, log: Logger, processes?: WorkerMetrics): Promise<void> {
  log.log(`${why}: answering what has arrived, then stopping`);
  await server.close();
  await processes?.handIn();
  process.exit(0);
}
