#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { initCommand } from './cli/init.js';
import { startCommand } from './cli/start.js';
import { SettingsError } from './settings/settings-error.js';
import { VERSION } from './version.js';

/** The caller asked for something that cannot be: wrong arguments, a wrong file, key or value. */
const MISUSE = 2;

/** Something else went wrong. */
const FAILURE = 1;

const program = new Command('kumocast')
  .description('A self-hosted data-sync server: Kinto’s API, live changes in the Pusher protocol.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(kumocast --help shows what there is)')
  .addCommand(startCommand())
  .addCommand(initCommand());

for (const command of program.commands) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Says what is wrong in one line, unless commander has said it. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSE;
  process.stderr.write(`kumocast: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof SettingsError ? MISUSE : FAILURE;
}
