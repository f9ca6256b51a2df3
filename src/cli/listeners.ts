import { Command } from 'commander';
import { CommandFailure } from './command-failure.js';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

/** The exit code of arguments that cannot be. */
const MISUSE = 2;

interface DeadOptions extends SettingsOptions {
  readonly retry?: true;
  readonly drop?: true;
}

/** Looks after listeners, also while a server runs: what it wants done, the server reads from the database. */
export function listenersCommand(): Command {
  const command = addSettingsOptions(new Command('listeners'))
    .description('Show the listeners: place in the change log, lag, dead letters, last error.')
    .option('--json', 'as JSON, for programs')
    .action(async (options: SettingsOptions & { json?: true }) => {
      const { listListeners } = await import('./listener-report.js');
      process.stdout.write(`${await listListeners(options, options.json === true)}\n`);
    });
  const sub = (usage: string, description: string) =>
    addSettingsOptions(command.command(usage).description(description).copyInheritedSettings(command));

  sub('replay <name>', 'Tell a listener everything again from a place in the log on.')
    .requiredOption('--from <place>', 'a position as shown by `listeners`, a time (2026-01-31T12:00Z), or beginning')
    .action(async (name: string, own: { from: string }, { parent }: Command) => {
      const options = { ...parent?.opts<SettingsOptions>(), ...own };
      const { orderReplay } = await import('./listener-commands.js');
      say(options, `${name}: ${await orderReplay(options, name, own.from)}`);
    });

  sub('dead <name>', 'Show the dead letters of a listener, have them sent again, or drop them.')
    .option('--retry', 'send them again; those that arrive are gone')
    .option('--drop', 'forget them')
    .action(async (name: string, own: DeadOptions, { parent }: Command) => {
      const options = { ...parent?.opts<SettingsOptions>(), ...own };
      if (own.retry === true && own.drop === true) throw new CommandFailure('--retry or --drop, not both', MISUSE);
      const { order, listDeadLetters } = await import('./listener-commands.js');
      if (own.retry === undefined && own.drop === undefined) {
        process.stdout.write(`${await listDeadLetters(options, name)}\n`);
        return;
      }
      say(options, `${name}: ${await order(options, name, own.retry === true ? 'retry' : 'drop')}`);
    });

  sub('test <name>', 'Send a marked test event through a listener of the running server.').action(
    async (name: string, own: SettingsOptions, { parent }: Command) => {
      const options = { ...parent?.opts<SettingsOptions>(), ...own };
      const { order } = await import('./listener-commands.js');
      say(options, `${name}: ${await order(options, name, 'test')}`);
    },
  );
  return command;
}
