import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write everything in the database into a new file, also while a server runs.')
    .argument('<file>', 'the file; made smaller by gzip when its name ends in .gz');
  return addSettingsOptions(command).action(async (file: string, options: SettingsOptions) => {
    const { exportDatabase } = await import('./export-database.js');
    say(options, await exportDatabase(options, file));
  });
}
