import { Command } from 'commander';
import { CommandFailure } from './command-failure.js';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

/** The exit code of arguments that cannot be. */
const MISUSE = 2;

export function purgeDeletedCommand(): Command {
  const command = new Command('purge-deleted')
    .description('Remove all tombstones but the newest of each list.')
    .usage('[options] <resources...> <max-retained>')
    .argument('<resources...>', 'of which resources, e.g. record, and how many to keep below each parent');
  return addSettingsOptions(command).action(async (words: string[], options: SettingsOptions) => {
    const { resources, retained } = readArguments(words);
    const { purgeDeleted } = await import('./purge-tombstones.js');
    say(options, `${await purgeDeleted(options, resources, retained)} tombstone(s) deleted.`);
  });
}

/** @throws CommandFailure */
function readArguments(words: readonly string[]): { resources: readonly string[]; retained: number } {
  const resources = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  if (resources.length === 0)
    throw new CommandFailure('purge-deleted RESOURCE... MAX_RETAINED: one is missing', MISUSE);
  if (!/^\d{1,15}$/.test(last)) {
    throw new CommandFailure(`${last}: expected how many tombstones to keep, a whole number`, MISUSE);
  }
  return { resources, retained: Number(last) };
}
