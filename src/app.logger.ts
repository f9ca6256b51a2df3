import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/** Every level up to the one named, in Nest's words. */
const LOG_LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug'];

/** What Nest says of its own parts at each start is of no use to whoever runs a server. */
const FRAMEWORK = ['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'];

/** The log: Nest's own, for people or for machines, without Nest's talk of itself. */
export class AppLogger extends ConsoleLogger {
  constructor({ logLevel, logFormat }: { readonly logLevel: string; readonly logFormat: string }) {
    super({
      prefix: 'kumocast',
      json: logFormat === 'json',
      colors: logFormat === 'text' && process.stdout.isTTY === true,
      logLevels: LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(logLevel as LogLevel) + 1),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.includes(context)) return;
    super.log(message, ...(rest as [string]));
  }

  override error(message: unknown, ...rest: unknown[]): void {
    // A port that cannot be had is an error that whoever started the server is told; Nest would say it a second time.
    if (rest.at(-1) === 'NestApplication' && String(message).startsWith('Error: listen ')) return;
    super.error(message, ...(rest as [string]));
  }
}
