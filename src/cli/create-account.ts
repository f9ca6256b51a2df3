import { Logger } from '@nestjs/common';
import { openCache } from '../cache/open-cache.js';
import { CacheSettings } from '../cache/cache.settings.js';
import { USERNAME_PATTERN } from '../plugins/accounts/account.definition.js';
import { credentialsOf } from '../plugins/accounts/credentials.js';
import { isPassword, MAX_PASSWORD_BYTES } from '../plugins/accounts/passwords.js';
import { putAccount } from '../plugins/accounts/put-account.js';
import { ApiSettings } from '../resources/http.settings.js';
import { PluginsSettings } from '../resources/plugin.js';
import { readSettings, resolveDottedName } from '../settings/settings.js';
import { CommandFailure } from './command-failure.js';
import type { UserOptions } from './create-user.js';
import { withDatabase } from './database.js';
import { loadSettings } from './load-settings.js';
import { InputEnded, Prompt } from './prompt.js';

/** Kinto's own exit codes. */
const READONLY = 51;
const NO_ACCOUNTS = 52;
const ABORTED = 53;

const MISUSE = 2;

const PASSWORD_RULE = `A password has 1 to ${MAX_PASSWORD_BYTES} bytes.`;

interface User {
  readonly username: string;
  readonly password: string;
}

/**
 * Makes the account, asking for what is not given.
 *
 * @returns what was done
 * @throws CommandFailure, or Error when a server has the database
 */
export async function createUser(options: UserOptions): Promise<string> {
  const source = loadSettings(options);
  if (readSettings(ApiSettings, source).readonly) {
    throw new CommandFailure('Cannot create a user with a readonly server.', READONLY);
  }
  const { includes } = readSettings(PluginsSettings, source);
  if (!includes.some((name) => resolveDottedName('plugin', name) === 'accounts')) {
    throw new CommandFailure('Cannot create a user when the accounts plugin is not installed.', NO_ACCOUNTS);
  }
  // First of all: nobody shall be asked for a password in vain.
  return withDatabase(source, async ({ storage, changeLog }) => {
    const user = await askForUser(options);
    const cache = await openCache(readSettings(CacheSettings, source), new Logger('cache'));
    await putAccount({ storage, changeLog, credentials: credentialsOf(cache, source) }, user);
    await cache.close();
    return `The user '${user.username}' can log in.`;
  });
}

/** @throws CommandFailure when there is nobody to ask, or the password given is none */
async function askForUser({ username, password }: Partial<User>): Promise<User> {
  if (password !== undefined && !isPassword(password)) throw new CommandFailure(PASSWORD_RULE, MISUSE);
  if (username !== undefined && password !== undefined && USERNAME_PATTERN.test(username)) {
    return { username, password };
  }
  const prompt = new Prompt(process.stdin, process.stderr);
  try {
    const name = await askForName(prompt, username);
    return { username: name, password: password ?? (await askForPassword(prompt, name)) };
  } catch (error) {
    throw error instanceof InputEnded ? new CommandFailure('User creation aborted', ABORTED) : error;
  } finally {
    prompt.close();
  }
}

async function askForName(prompt: Prompt, given: string | undefined): Promise<string> {
  let name = given ?? (await prompt.ask('Username: '));
  while (!USERNAME_PATTERN.test(name)) {
    process.stderr.write(`'${name}' is not a valid username: it must match ${USERNAME_PATTERN.source}\n`);
    name = await prompt.ask('Username: ');
  }
  return name;
}

/** Twice, since nobody sees what they type. */
async function askForPassword(prompt: Prompt, username: string): Promise<string> {
  for (;;) {
    const password = await prompt.askHidden(`Please enter a password for ${username}: `);
    if (!isPassword(password)) {
      process.stderr.write(`${PASSWORD_RULE}\n`);
    } else if (password === (await prompt.askHidden('Please confirm the password: '))) {
      return password;
    } else {
      process.stderr.write('The passwords do not match, please try again.\n');
    }
  }
}
