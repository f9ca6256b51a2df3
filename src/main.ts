#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { backupCommand } from './cli/backup.js';
import { CommandFailure } from './cli/command-failure.js';
import { createUserCommand } from './cli/create-user.js';
import { deleteCollectionCommand } from './cli/delete-collection.js';
import { exportCommand } from './cli/export.js';
import { flushCacheCommand } from './cli/flush-cache.js';
import { importCommand } from './cli/import.js';
import { initCommand } from './cli/init.js';
import { listenersCommand } from './cli/listeners.js';
import { migrateCommand } from './cli/migrate.js';
import { purgeDeletedCommand } from './cli/purge-deleted.js';
import { startCommand } from './cli/start.js';
import { versionCommand } from './cli/version.js';
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
  .showHelpAfterError();

const COMMANDS = [
  initCommand(),
  startCommand(),
  migrateCommand(),
  createUserCommand(),
  deleteCollectionCommand(),
  purgeDeletedCommand(),
  flushCacheCommand(),
  listenersCommand(),
  exportCommand(),
  importCommand(),
  backupCommand(),
  versionCommand(),
];
for (const command of COMMANDS) program.addCommand(command.copyInheritedSettings(program));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Says what is wrong in one line, unless commander has said it. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSE;
  process.stderr.write(`kumocast: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof CommandFailure) return error.exitCode;
  return error instanceof SettingsError ? MISUSE : FAILURE;
}
