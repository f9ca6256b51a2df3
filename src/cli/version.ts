import { Command } from 'commander';
import { VERSION } from '../version.js';
import { addSettingsOptions } from './settings-options.js';

export function versionCommand(): Command {
  return addSettingsOptions(new Command('version').description('Say which version this is.')).action(() => {
    process.stdout.write(`${VERSION}\n`);
  });
}
