import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export interface MigrateOptions extends SettingsOptions {
  readonly dryRun?: true;
}

export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description('Make the tables, or bring them up to date; the server does so itself when it starts.')
    .option('--dry-run', 'only say what there is to do');
  return addSettingsOptions(command).action(async (options: MigrateOptions) => {
    const { migrate } = await import('./migrate-database.js');
    for (const sentence of await migrate(options)) say(options, sentence);
  });
}
