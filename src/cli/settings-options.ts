import type { Command } from 'commander';

/** What every command takes that reads settings. */
export interface SettingsOptions {
  readonly ini?: string;
  readonly quiet?: true;
  readonly debug?: true;
}

/** Where settings are looked for, should nobody say: Kinto's place first, so that its commands work as they are. */
export const USUAL_FILES = ['config/kinto.ini', 'config/kumocast.ini'];

export function addSettingsOptions(command: Command): Command {
  const places = ['KINTO_INI', ...USUAL_FILES].join(', ');
  return addVerbosity(command.option('--ini <file>', `the settings; without it, the first there is of ${places}`));
}

export function addVerbosity(command: Command): Command {
  return command
    .option('-q, --quiet', 'say only what is fatal')
    .option('-v, --debug', 'say everything, also what only helps to find faults');
}

/** Says what a command has done, unless it was asked to be quiet. */
export function say({ quiet }: SettingsOptions, sentence: string): void {
  if (quiet !== true) process.stdout.write(`${sentence}\n`);
}
