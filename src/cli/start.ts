import { Logger } from '@nestjs/common';
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_PORT } from '../app.settings.js';
import { startServer, type RunningServer } from '../app.server.js';
import { processEnvironment, SettingSource } from '../settings/settings.js';

/** How long the end may take, in ms: a process that hangs longer is of no use to anybody. */
const SHUTDOWN_LIMIT = 15_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export function startCommand(): Command {
  return new Command('start')
    .description('Serve the API and its sockets.')
    .option('--ini <file>', 'the settings; without it, KINTO_INI or the environment alone')
    .option('--port <number>', 'the port, before that of the settings; 0: any free one', parsePort)
    .option('--host <address>', 'the address, before that of the settings')
    .action(async (options: { ini?: string; port?: number; host?: string }) => {
      const env = processEnvironment();
      const variables = { http_port: String(options.port ?? DEFAULT_PORT) };
      const source = SettingSource.load({ iniFile: options.ini ?? env.KINTO_INI, env, variables });
      announce(await startServer(source, options));
    });
}

function announce(server: RunningServer): void {
  const log = new Logger('start');
  log.log(`Serving ${server.url}/v1/`);
  for (const signal of STOP_SIGNALS) process.once(signal, () => void stop(server, signal, log));
}

async function stop(server: RunningServer, signal: string, log: Logger): Promise<void> {
  log.log(`${signal}: answering what has arrived, then stopping`);
  const limit = setTimeout(() => {
    log.error(`Not stopped after ${SHUTDOWN_LIMIT} ms, giving up`);
    process.exit(1);
  }, SHUTDOWN_LIMIT);
  limit.unref();
  await server.close();
  process.exit(0);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a number from 0 to 65535');
  return port;
}
