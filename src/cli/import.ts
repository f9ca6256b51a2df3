import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export function importCommand(): Command {
  const command = new Command('import')
    .description('Put everything that "kumocast export" has written into an empty database: all of it or nothing.')
    .argument('<file>', 'the file; whether it is made smaller by gzip is seen');
  return addSettingsOptions(command).action(async (file: string, options: SettingsOptions) => {
    const { importDatabase } = await import('./import-database.js');
    say(options, await importDatabase(options, file));
  });
}
