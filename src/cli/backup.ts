import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export function backupCommand(): Command {
  const command = new Command('backup')
    .description('Make a verified copy of the database, also while a server runs.')
    .argument('<file>', 'a new file: of SQLite a database, of PostgreSQL what "kumocast import" reads');
  return addSettingsOptions(command).action(async (file: string, options: SettingsOptions) => {
    const { backUpDatabase } = await import('./backup-database.js');
    say(options, await backUpDatabase(options, file));
  });
}
