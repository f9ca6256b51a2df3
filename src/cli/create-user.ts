import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export interface UserOptions extends SettingsOptions {
  readonly username?: string;
  readonly password?: string;
}

export function createUserCommand(): Command {
  const command = new Command('create-user')
    .description('Make an account, or give one a new password.')
    .option('-u, --username <name>', 'the name; without it, it is asked for')
    .option(
      '-p, --password <password>',
      'the password, which others on this machine may see; better let it be asked for',
    );
  return addSettingsOptions(command).action(async (options: UserOptions) => {
    const { createUser } = await import('./create-account.js');
    say(options, await createUser(options));
  });
}
